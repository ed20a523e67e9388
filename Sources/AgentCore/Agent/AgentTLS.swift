import Options
import Reactor

extension AgentConfiguration {
    /// What `--tls-ca` is given for the authorities that the host trusts.
    private static let system = "system"

    /// Nil without `--tls-ca`.
    static func tls(_ invocation: Invocation) throws(AgentExit) -> TLSContext? {
        let identity = try identity(invocation)
        guard let authorities = invocation[AgentOptions.tlsAuthorities] else {
            guard identity == nil else {
                throw problem(
                    invocation, AgentOptions.tlsAuthorities,
                    "a file with the CA of the gateway's certificate, or system, because --tls-cert is given")
            }
            return nil
        }
        do throws(TLSFileError) {
            return try TLSContext.client(
                authorities == system ? .system : .file(authorities), identity: identity, peer: "the gateway")
        } catch {
            throw problem(invocation, error)
        }
    }

    private static func identity(_ invocation: Invocation) throws(AgentExit) -> TLSContext.Identity? {
        switch (invocation[AgentOptions.tlsCertificate], invocation[AgentOptions.tlsKey]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return .init(certificate: certificate, key: key)
        case (_?, nil):
            throw problem(
                invocation, AgentOptions.tlsKey, "the file with its private key, because --tls-cert is given")
        case (nil, _?):
            throw problem(
                invocation, AgentOptions.tlsCertificate, "the file with its certificate, because --tls-key is given")
        }
    }

    private static func problem(_ invocation: Invocation, _ error: TLSFileError) -> AgentExit {
        switch error.file {
        case .certificate:
            problem(invocation, AgentOptions.tlsCertificate, "a PEM file with a certificate; this one \(error)")
        case .key: problem(invocation, AgentOptions.tlsKey, "a PEM file with the certificate's key; this one \(error)")
        case .authorities:
            problem(
                invocation, AgentOptions.tlsAuthorities,
                "a PEM file with certificates of CAs, or system for those of this host; this one \(error)")
        case nil: .failure("TLS \(error)")
        }
    }

    private static func problem(
        _ invocation: Invocation, _ option: Option<String?>, _ expected: String
    ) -> AgentExit {
        .configuration(invocation.problem(with: option, expected: expected).description)
    }
}

extension LinkEnd {
    /// With what the person who reads the agent's log can do about it.
    var advice: String {
        let remedy: String? =
            switch reason {
            case .tlsExpected: "start the agent with --tls-ca"
            case .tlsFailed(.notSpoken): "start the gateway with --agent-tls-cert, or the agent without --tls-ca"
            case .tlsFailed(.certificateDemanded): "start the agent with --tls-cert and --tls-key"
            case .tlsFailed(.certificateRefused): "see --tls-cert, and --agent-client-ca of the gateway"
            default: nil
            }
        return remedy.map { "\(description): \($0)" } ?? description
    }
}
