import Glibc

/// Where the container engine is: what `--docker-host` says.
package struct ContainerHost: Equatable, Sendable {
    /// Paths of its socket, in the order in which they are tried.
    var sockets: [String]
    /// It was named.
    var isExplicit: Bool

    static let standard = ContainerHost(sockets: ContainerEngine.standardSockets, isExplicit: false)
    static let allowed = "unix:///PATH, /PATH or none"

    private init(sockets: [String], isExplicit: Bool) {
        self.sockets = sockets
        self.isExplicit = isExplicit
    }

    /// Nil for what is no socket of the file system.
    init?(_ text: String) {
        let path = text.hasPrefix("unix://") ? String(text.dropFirst("unix://".count)) : text
        guard path.first == "/", path.utf8.count < 108 else { return nil }
        self.init(sockets: [path], isExplicit: true)
    }

    /// Health and events are watched where the engine runs anyway: who opens the socket of one that does not may start
    /// it.
    var isWatched: Bool { isExplicit || access("/var/run/docker.pid", F_OK) == 0 }
}
