/// Connections that have not been let in yet, by address: what one address can make the gateway keep before anything is
/// known of it is bounded. A fleet behind one address is many for a moment only, since most are let in within
/// milliseconds; those that are too many come back a little later.
struct Strangers {
    /// Of one address. Loopback is exempt.
    let limit: Int
    private var counts: [String: Int] = [:]

    init(limit: Int) { self.limit = limit }

    /// - Parameter peer: address and port.
    /// - Returns: whether there is room for it. It counts either way, until it has `left`.
    mutating func came(_ peer: String) -> Bool {
        let address = Self.address(of: peer)
        let count = counts[address, default: 0] + 1
        counts[address] = count
        return count <= limit || Self.isLoopback(address)
    }

    /// Let in, or closed: once for each that came.
    mutating func left(_ peer: String) {
        let address = Self.address(of: peer)
        guard let count = counts[address] else { return }
        counts[address] = count > 1 ? count - 1 : nil
    }

    static func address(of peer: String) -> String {
        String(peer.lastIndex(of: ":").map { peer[..<$0] } ?? peer[...])
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "[::1]" || address.hasPrefix("[::ffff:127.")
    }
}
