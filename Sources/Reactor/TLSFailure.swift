import CReactor

/// What has kept two sides from talking TLS.
package enum TLSFailure: Sendable, Hashable {
    /// What came is no TLS.
    case notSpoken
    /// The peer's certificate is not signed by one of our authorities.
    case untrustedCertificate
    /// The peer's certificate is not for the host that was dialled.
    case misplacedCertificate
    /// The peer's certificate has expired or is not valid yet.
    case untimelyCertificate
    /// Something else is wrong with the peer's certificate.
    case badCertificate
    /// The peer, a client, has shown no certificate.
    case missingCertificate
    /// The peer, a server, wants to see a certificate of ours.
    case certificateDemanded
    /// The peer does not accept our certificate.
    case certificateRefused
    case other

    init(_ failure: sr_tls_failure) {
        self =
            switch failure {
            case SR_TLS_NOT_SPOKEN: .notSpoken
            case SR_TLS_CERTIFICATE_UNTRUSTED: .untrustedCertificate
            case SR_TLS_CERTIFICATE_MISPLACED: .misplacedCertificate
            case SR_TLS_CERTIFICATE_UNTIMELY: .untimelyCertificate
            case SR_TLS_CERTIFICATE_BAD: .badCertificate
            case SR_TLS_CERTIFICATE_MISSING: .missingCertificate
            case SR_TLS_CERTIFICATE_DEMANDED: .certificateDemanded
            case SR_TLS_CERTIFICATE_REFUSED: .certificateRefused
            default: .other
            }
    }
}
