import Model
import Reactor

extension TLSFailure {
    /// What the person who reads the gateway's log can do about it.
    var remedy: String? {
        switch self {
        case .notSpoken: "start the agent with --tls-ca"
        case .missingCertificate: "start the agent with --tls-cert and --tls-key"
        case .certificateRefused: "the agent's --tls-ca must name the CA of this gateway's certificate"
        default: nil
        }
    }
}

/// An agent that speaks TLS with a gateway that does not.
enum UnspokenTLS {
    static let text =
        "the agent speaks TLS, and this port does not: start the gateway with --agent-tls-cert, or the agent without --tls-ca"

    /// Whether a frame is the beginning of TLS, whose first byte, 22 for a record of the handshake, was taken for a
    /// length; the version of the record follows (RFC 8446, section 5.1). No message begins like that.
    static func begins(_ frame: UnsafeRawBufferPointer) -> Bool {
        frame.count == 22 && frame[0] == 3 && frame[1] <= 4
    }
}

/// Which refusals and broken protocols have been logged. An agent that is refused tries again every few seconds, for days: once a minute is
/// enough to say so.
struct RepeatedRefusals {
    private static let period: Milliseconds = 60_000
    /// Beyond it what is oldest is forgotten, and logged anew when it comes again.
    private static let maximum = 1_000

    private struct Entry {
        var loggedAt: MonotonicTime
        var notLogged = 0
    }

    var count: Int { entries.count }

    /// By address and reason.
    private var entries: [String: Entry] = [:]

    /// - Parameter peer: address and port; the port differs each time.
    /// - Returns: nil when it is not to be logged now; otherwise how many before it were not.
    mutating func note(_ peer: String, why: String, at now: MonotonicTime) -> Int? {
        let key = "\(Strangers.address(of: peer)) \(why)"
        if let entry = entries[key], now.milliseconds(since: entry.loggedAt) < Self.period {
            entries[key]!.notLogged += 1
            return nil
        }
        let notLogged = entries.removeValue(forKey: key)?.notLogged ?? 0
        makeRoom(now)
        entries[key] = Entry(loggedAt: now)
        return notLogged
    }

    private mutating func makeRoom(_ now: MonotonicTime) {
        guard entries.count >= Self.maximum else { return }
        entries = entries.filter { now.milliseconds(since: $0.value.loggedAt) < Self.period }
        if entries.count >= Self.maximum, let oldest = entries.min(by: { $0.value.loggedAt < $1.value.loggedAt }) {
            entries[oldest.key] = nil
        }
    }
}
