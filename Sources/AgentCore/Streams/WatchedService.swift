package import Options

/// Something that health checks try to reach: a port that has to accept a connection.
package struct WatchedService: Equatable, Sendable {
    /// As many as are looked at.
    static let maximum = 64
    static let maximumNameBytes = 128

    package var name: String
    package var address: Endpoint

    /// Nil for an empty or overlong name, and for what is no `HOST:PORT`.
    package init?(name: String, address: String) {
        guard !name.isEmpty, name.utf8.count <= Self.maximumNameBytes, let address = Endpoint(address),
            address.port != 0
        else { return nil }
        self.name = name
        self.address = address
    }
}
