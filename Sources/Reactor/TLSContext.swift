import CReactor

/// The certificate, the key and the authorities of one side of TLS connections. TLS 1.2 or newer; the other side's
/// certificate is verified wherever there are authorities. Any thread.
///
/// @unchecked Sendable because C lets any thread use an sr_tls.
package final class TLSContext: @unchecked Sendable {
    /// PEM files: the certificate, followed by those between it and its authority, and its private key.
    package struct Identity: Sendable, Hashable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Who may have signed a certificate.
    package enum Authorities: Sendable, Hashable {
        /// Those that the system trusts.
        case system
        /// Those in this PEM file.
        case file(String)
    }

    /// The sr_tls. Owned here; each connection that uses it keeps it too.
    package let handle: OpaquePointer
    private let identity: Identity?
    private let authorities: Authorities?

    /// For those who accept connections.
    /// - Parameters:
    ///   - clientAuthorities: nil: clients are not asked for a certificate; otherwise each needs one of theirs.
    ///   - peer: what sentences about connections call the other side: "the agent".
    package static func server(
        _ identity: Identity, clientAuthorities: String?, peer: String
    ) throws(TLSFileError) -> TLSContext {
        try TLSContext(SR_TLS_SERVER, identity, clientAuthorities.map(Authorities.file), peer)
    }

    /// For those who connect. Each connection also verifies that the certificate is for the host that was dialled.
    /// - Parameters:
    ///   - identity: shown to servers that ask for it.
    ///   - peer: what sentences about connections call the other side: "the gateway".
    package static func client(
        _ authorities: Authorities, identity: Identity?, peer: String
    ) throws(TLSFileError) -> TLSContext {
        try TLSContext(SR_TLS_CLIENT, identity, authorities, peer)
    }

    private init(
        _ role: sr_tls_role, _ identity: Identity?, _ authorities: Authorities?, _ peer: String
    ) throws(TLSFileError) {
        self.identity = identity
        self.authorities = authorities
        let made: Result<OpaquePointer, TLSFileError> = withCString(identity?.certificate) { certificate in
            withCString(identity?.key) { key in
                withCString(authorities?.path) { authorities in
                    peer.withCString { peer in
                        var configuration = sr_tls_config(
                            role: role, certificate: certificate, key: key, authorities: authorities, peer: peer)
                        var file = SR_TLS_FILE_NONE
                        var error = sr_error()
                        return sr_tls_new(&configuration, &file, &error).map(Result.success)
                            ?? .failure(TLSFileError(file, error))
                    }
                }
            }
        }
        handle = try made.get()
    }

    deinit { sr_tls_release(handle) }

    /// Reads the files anew, for connections made from now on; those that are there go on as they are.
    /// - Throws: when a file is not usable; then everything stays as it was.
    package func reload() throws(TLSFileError) {
        var file = SR_TLS_FILE_NONE
        var error = sr_error()
        guard sr_tls_reload(handle, &file, &error) else { throw TLSFileError(file, error) }
    }

    /// The file's path, or `system`, or nothing where the problem is not about a file.
    package func path(of file: TLSFileError.File?) -> String {
        switch file {
        case .certificate: identity?.certificate ?? ""
        case .key: identity?.key ?? ""
        case .authorities: authorities?.path ?? "system"
        case nil: ""
        }
    }
}

extension TLSContext.Authorities {
    fileprivate var path: String? {
        switch self {
        case .system: nil
        case .file(let path): path
        }
    }
}

/// A file for TLS that is not usable.
package struct TLSFileError: Error, Hashable, CustomStringConvertible {
    package enum File: Sendable, Hashable {
        case certificate
        case key
        case authorities
    }

    /// Nil when it is not about a file.
    package let file: File?
    /// Goes on behind the file's name: "holds no certificate in PEM".
    package let description: String

    init(_ file: sr_tls_file, _ error: sr_error) {
        self.file =
            switch file {
            case SR_TLS_FILE_CERTIFICATE: .certificate
            case SR_TLS_FILE_KEY: .key
            case SR_TLS_FILE_AUTHORITIES: .authorities
            default: nil
            }
        description = ReactorError(error).description
    }
}

/// The text for C, or NULL for nil.
private func withCString<Value>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Value) -> Value {
    guard let text else { return body(nil) }
    return text.withCString(body)
}
