// Sentences for what goes wrong between two sides of TLS, for the person who reads the log.
#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

void sr_tls_explain_stranger(const sr_tls *tls, sr_error *error) {
    sr_error_set(error, 0, sr_tls_is_client(tls) ? "%s does not speak TLS on this port" : "%s does not speak TLS",
                 sr_tls_peer(tls));
}

/// The peer's certificate, or one above it, was found to be wrong here.
static sr_tls_failure explain_certificate(const sr_tls *tls, SSL *session, const char *host, sr_error *error) {
    const char *peer = sr_tls_peer(tls);
    long result = SSL_get_verify_result(session);
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        sr_error_set(error, 0, "%s's certificate is not valid for %s", peer, host ? host : "it");
        return SR_TLS_CERTIFICATE_MISPLACED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: // an authority of the same name with another key
        sr_error_set(error, 0, "%s's certificate is not signed by a CA in %s", peer, sr_tls_authorities(tls));
        return SR_TLS_CERTIFICATE_UNTRUSTED;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        sr_error_set(error, 0, "%s's certificate, or that of its CA, has expired", peer);
        return SR_TLS_CERTIFICATE_UNTIMELY;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        sr_error_set(error, 0, "%s's certificate is not valid yet: is the clock of one side wrong?", peer);
        return SR_TLS_CERTIFICATE_UNTIMELY;
    default:
        sr_error_set(error, 0, "%s's certificate is refused: %s", peer, X509_verify_cert_error_string(result));
        return SR_TLS_CERTIFICATE_BAD;
    }
}

/// The peer has ended TLS, and an alert says why (RFC 8446, section 6).
static sr_tls_failure explain_alert(const sr_tls *tls, int alert, sr_error *error) {
    const char *peer = sr_tls_peer(tls);
    switch (alert) {
    case SSL_AD_CERTIFICATE_REQUIRED:
        sr_error_set(error, 0, "%s demands a client certificate", peer);
        return SR_TLS_CERTIFICATE_DEMANDED;
    case SSL_AD_UNKNOWN_CA:
        sr_error_set(error, 0, "%s does not trust the CA of this side's certificate", peer);
        return SR_TLS_CERTIFICATE_REFUSED;
    case SSL_AD_CERTIFICATE_EXPIRED:
        sr_error_set(error, 0, "%s says that this side's certificate has expired or is not valid yet", peer);
        return SR_TLS_CERTIFICATE_REFUSED;
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
        sr_error_set(error, 0, "%s refuses this side's certificate: %s", peer, SSL_alert_desc_string_long(alert));
        return SR_TLS_CERTIFICATE_REFUSED;
    case SSL_AD_PROTOCOL_VERSION:
        sr_error_set(error, 0, "%s has no version of TLS in common with this side", peer);
        return SR_TLS_OTHER_FAILURE;
    default:
        sr_error_set(error, 0, "%s has ended TLS: %s", peer, SSL_alert_desc_string_long(alert));
        return SR_TLS_OTHER_FAILURE;
    }
}

sr_tls_failure sr_tls_explain(const sr_tls *tls, SSL *session, const char *host, sr_error *error) {
    unsigned long code = ERR_peek_error(); // the first is the cause of the others
    ERR_clear_error();
    const char *peer = sr_tls_peer(tls);
    int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UINT8_MAX)
        return explain_alert(tls, reason - SSL_AD_REASON_OFFSET, error);
    switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return explain_certificate(tls, session, host, error);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        sr_error_set(error, 0, "%s has shown no certificate", peer);
        return SR_TLS_CERTIFICATE_MISSING;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        sr_tls_explain_stranger(tls, error);
        return SR_TLS_NOT_SPOKEN;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        sr_error_set(error, 0, "%s has no version of TLS in common with this side, which has 1.2 and 1.3", peer);
        return SR_TLS_OTHER_FAILURE;
    default: {
        const char *words = ERR_reason_error_string(code);
        sr_error_set(error, 0, "TLS with %s failed: %s", peer, words ? words : "no reason given");
        return SR_TLS_OTHER_FAILURE;
    }
    }
}
