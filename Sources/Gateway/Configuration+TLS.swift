import Options
import Reactor

/// The options of one port that can speak TLS.
private struct TLSOptions: Sendable {
    let certificate: Option<String?>
    let key: Option<String?>
    /// Who has to have signed the certificates of those who connect.
    var authorities: Option<String?>?
    /// What sentences call those who connect.
    let peer: String

    static let agents = TLSOptions(
        certificate: ServeOptions.agentTLSCertificate, key: ServeOptions.agentTLSKey,
        authorities: ServeOptions.agentClientAuthorities, peer: "the agent")
    static let http = TLSOptions(
        certificate: ServeOptions.tlsCertificate, key: ServeOptions.tlsKey, peer: "the client")
}

extension Configuration {
    /// Nil without `--agent-tls-cert`.
    static func agentTLS(_ invocation: Invocation) throws(OptionError) -> TLSContext? { try tls(invocation, .agents) }

    /// Nil without `--tls-cert`.
    static func httpTLS(_ invocation: Invocation) throws(OptionError) -> TLSContext? { try tls(invocation, .http) }

    private static func tls(_ invocation: Invocation, _ options: TLSOptions) throws(OptionError) -> TLSContext? {
        let authorities = options.authorities.flatMap { invocation[$0] }
        guard let identity = try identity(invocation, options) else {
            guard let option = options.authorities, authorities != nil else { return nil }
            throw misconfigured(
                invocation, options.certificate,
                expected: "a certificate for this gateway, because --\(option.declaration.name) is given")
        }
        do throws(TLSFileError) {
            return try TLSContext.server(identity, clientAuthorities: authorities, peer: options.peer)
        } catch {
            throw problem(invocation, options, error)
        }
    }

    private static func identity(
        _ invocation: Invocation, _ options: TLSOptions
    ) throws(OptionError) -> TLSContext.Identity? {
        switch (invocation[options.certificate], invocation[options.key]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return .init(certificate: certificate, key: key)
        case (_?, nil):
            throw misconfigured(
                invocation, options.key,
                expected: "the file with the private key, because --\(options.certificate.declaration.name) is given")
        case (nil, _?):
            throw misconfigured(
                invocation, options.certificate,
                expected: "the file with the certificate, because --\(options.key.declaration.name) is given")
        }
    }

    private static func problem(
        _ invocation: Invocation, _ options: TLSOptions, _ error: TLSFileError
    ) -> OptionError {
        switch error.file {
        case .key:
            return misconfigured(
                invocation, options.key, expected: "a PEM file with the certificate's private key; this one \(error)")
        case .authorities:
            guard let option = options.authorities else { return .configuration("TLS \(error)") }
            return misconfigured(
                invocation, option, expected: "a PEM file with certificates of CAs; this one \(error)")
        case .certificate:
            return misconfigured(
                invocation, options.certificate,
                expected: "a PEM file with a certificate and those between it and its CA; this one \(error)")
        case nil: return .configuration("TLS \(error)")
        }
    }

    /// `sluice demo` starts an agent without options for TLS, and prints a URL.
    static func refuseTLSInDemo(_ invocation: Invocation) throws(OptionError) {
        for option in [ServeOptions.agentTLSCertificate, ServeOptions.tlsCertificate] where invocation[option] != nil {
            throw misconfigured(
                invocation, option,
                expected: "no TLS in sluice demo, whose agent and browser are on the same host; use sluice serve")
        }
    }

    /// What SIGHUP reads anew of it.
    var certificates: [any Reloadable] {
        [
            agentTLS.map { CertificateReload(name: "certificates for agents", context: $0) },
            httpTLS.map { CertificateReload(name: "certificates for HTTP clients", context: $0) },
        ].compactMap(\.self)
    }
}

/// The files of one port, for connections made from now on.
private struct CertificateReload: Reloadable {
    let name: String
    let context: TLSContext

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    func reload() throws -> String {
        do throws(TLSFileError) {
            try context.reload()
        } catch {
            throw Failure(description: "\(context.path(of: error.file)) \(error)")
        }
        return context.path(of: .certificate)
    }
}
