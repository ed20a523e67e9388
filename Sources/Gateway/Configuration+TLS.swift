import Logging
import Options
import Reactor

extension Configuration {
    /// Nil without `--agent-tls-cert`.
    static func agentTLS(_ invocation: Invocation) throws(OptionError) -> TLSContext? {
        let authorities = invocation[ServeOptions.agentClientAuthorities]
        guard let identity = try agentIdentity(invocation) else {
            guard authorities == nil else {
                throw misconfigured(
                    invocation, ServeOptions.agentTLSCertificate,
                    expected: "a certificate for this gateway, because --agent-client-ca is given")
            }
            return nil
        }
        do throws(TLSFileError) {
            return try TLSContext.server(identity, clientAuthorities: authorities, peer: "the agent")
        } catch {
            throw agentTLSProblem(invocation, error)
        }
    }

    private static func agentIdentity(_ invocation: Invocation) throws(OptionError) -> TLSContext.Identity? {
        switch (invocation[ServeOptions.agentTLSCertificate], invocation[ServeOptions.agentTLSKey]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return .init(certificate: certificate, key: key)
        case (_?, nil):
            throw misconfigured(
                invocation, ServeOptions.agentTLSKey,
                expected: "the file with the private key, because --agent-tls-cert is given")
        case (nil, _?):
            throw misconfigured(
                invocation, ServeOptions.agentTLSCertificate,
                expected: "the file with the certificate, because --agent-tls-key is given")
        }
    }

    private static func agentTLSProblem(_ invocation: Invocation, _ error: TLSFileError) -> OptionError {
        switch error.file {
        case .certificate:
            misconfigured(
                invocation, ServeOptions.agentTLSCertificate,
                expected: "a PEM file with a certificate and those between it and its CA; this one \(error)")
        case .key:
            misconfigured(
                invocation, ServeOptions.agentTLSKey,
                expected: "a PEM file with the certificate's private key; this one \(error)")
        case .authorities:
            misconfigured(
                invocation, ServeOptions.agentClientAuthorities,
                expected: "a PEM file with certificates of CAs; this one \(error)")
        case nil: .configuration("TLS \(error)")
        }
    }

    /// The agent of `sluice demo` is started without options for TLS.
    static func noTLSInDemo(_ invocation: Invocation) -> OptionError {
        misconfigured(
            invocation, ServeOptions.agentTLSCertificate,
            expected: "no TLS in sluice demo, whose agent is on the same host; use sluice serve")
    }

    /// Reads certificates and keys anew, for connections made from now on. Where a file is not usable, the old ones stay
    /// in use, and the log says so.
    func reloadTLS(_ log: Logger) {
        guard let agentTLS else { return }
        do throws(TLSFileError) {
            try agentTLS.reload()
            log.notice("reloaded: certificates for agents")
        } catch {
            log.error(
                "certificates for agents not reloaded; the old ones stay in use",
                metadata: ["file": "\(agentTLS.path(of: error.file))", "why": "the file \(error)"])
        }
    }
}
