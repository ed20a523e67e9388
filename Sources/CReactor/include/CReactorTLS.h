// Part of CReactor.h: certificates for TLS. Include CReactor.h, not this.
#ifndef CREACTOR_TLS_H
#define CREACTOR_TLS_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// MARK: - TLS (tls.c)

/// The certificate, the key and the authorities of one side of TLS connections: TLS 1.2 or newer, the other side's
/// certificate verified wherever authorities are given. Connections keep what they need of it.
typedef struct sr_tls sr_tls;

typedef enum sr_tls_role { SR_TLS_SERVER, SR_TLS_CLIENT } sr_tls_role;

/// Paths of PEM files. A server needs a certificate, a client authorities; certificate and key go together.
typedef struct sr_tls_config {
    sr_tls_role role;
    const char *_Nullable certificate; ///< the certificate, then those between it and its authority
    const char *_Nullable key;         ///< its private key, without a passphrase
    /// Who may have signed the other side's certificate. A server with authorities demands a certificate of its
    /// clients. NULL, for a client: the authorities that the system trusts.
    const char *_Nullable authorities;
    const char *peer; ///< what sentences call the other side, such as "the gateway"
} sr_tls_config;

/// Which file a problem is about.
typedef enum sr_tls_file {
    SR_TLS_FILE_NONE = 0,
    SR_TLS_FILE_CERTIFICATE,
    SR_TLS_FILE_KEY,
    SR_TLS_FILE_AUTHORITIES,
} sr_tls_file;

/// Any thread. Reads the files. Returns NULL when one is not usable: `file` says which, `error` goes on behind its name
/// ("holds no certificate in PEM"). Released with sr_tls_release.
sr_tls *_Nullable sr_tls_new(const sr_tls_config *config, sr_tls_file *file, sr_error *error);
/// Any thread. Reads the files anew, for connections made from now on; those that are there go on as they are. False
/// when one is not usable: then everything stays as it was.
bool sr_tls_reload(sr_tls *tls, sr_tls_file *file, sr_error *error);
/// Any thread. Connections that use it keep it until they end.
void sr_tls_release(sr_tls *tls);

/// What has kept two sides from talking TLS.
typedef enum sr_tls_failure {
    SR_TLS_NO_FAILURE = 0,
    SR_TLS_NOT_SPOKEN,            ///< what came is no TLS
    SR_TLS_CERTIFICATE_UNTRUSTED, ///< no authority of ours has signed the peer's
    SR_TLS_CERTIFICATE_MISPLACED, ///< the peer's is not for the host that was dialled
    SR_TLS_CERTIFICATE_UNTIMELY,  ///< the peer's has expired or is not valid yet
    SR_TLS_CERTIFICATE_BAD,       ///< something else about the peer's
    SR_TLS_CERTIFICATE_MISSING,   ///< the peer, a client, has shown none
    SR_TLS_CERTIFICATE_DEMANDED,  ///< the peer, a server, wants to see one of ours
    SR_TLS_CERTIFICATE_REFUSED,   ///< the peer does not accept ours
    SR_TLS_OTHER_FAILURE,
} sr_tls_failure;

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
