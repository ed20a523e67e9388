import Glibc
import Options

/// What all streams need: a gateway to talk to, a token where one was named, a place for what has to survive a restart.
struct SurroundingsCheck {
    /// So long the gateway has to accept a connection.
    static let patience: Int32 = 3000

    let configuration: AgentConfiguration

    func items() -> [CheckItem] { [gateway(), state()] }

    private func gateway() -> CheckItem {
        let address = configuration.gateway
        if let problem = Self.connect(to: address) {
            return CheckItem(
                name: "gateway", verdict: .no, reason: "\(address): \(problem)",
                remedy: "look at --gateway, the gateway's --agent-bind, and what is in between")
        }
        guard let tls = configuration.tls else {
            return CheckItem(name: "gateway", verdict: .yes, reason: "\(address) accepts connections")
        }
        if let problem = TLSProbe.problem(with: tls, at: address) {
            return CheckItem(
                name: "gateway", verdict: .no, reason: "\(address): \(problem)",
                remedy: "look at --tls-ca, --tls-cert and the gateway's --agent-tls-cert")
        }
        return CheckItem(name: "gateway", verdict: .yes, reason: "\(address) accepts connections with TLS")
    }

    private func state() -> CheckItem {
        guard let directory = configuration.stateDirectory else {
            let reason =
                configuration.token == nil
                ? "nothing survives a restart of the agent" : "a token from an enrolment is lost with the agent"
            return CheckItem(
                name: "state", verdict: .no, reason: reason, remedy: "start with --state-dir", isWanted: false)
        }
        StateFile.makeDirectory(directory)
        guard access(directory, W_OK | X_OK) == 0 else {
            return CheckItem(
                name: "state", verdict: .no, reason: "\(directory): \(StateFile.lastError())",
                remedy: "give it to the agent's user")
        }
        return CheckItem(name: "state", verdict: .yes, reason: directory)
    }

    /// Tries each address of the host. Returns what went wrong with the last.
    private static func connect(to address: Endpoint) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, "\(address.port)", &hints, &found)
        guard code == 0 else { return String(cString: gai_strerror(code)) }
        defer { freeaddrinfo(found) }
        var problem: String? = "no address"
        var next = found
        while let entry = next, problem != nil {
            problem = connect(to: entry.pointee)
            next = entry.pointee.ai_next
        }
        return problem
    }

    private static func connect(to entry: addrinfo) -> String? {
        let type = entry.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(entry.ai_family, type, entry.ai_protocol)
        guard descriptor >= 0 else { return StateFile.lastError() }
        defer { close(descriptor) }
        if Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return StateFile.lastError() }
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&wanted, 1, patience) == 1 else { return "no answer within \(patience / 1000) s" }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code == 0 ? nil : String(cString: strerror(code))
    }
}
