/// Where the spool of a container's log stands: behind some lines of one container. A value without I/O.
struct ContainerPlace: SpoolPlace {
    /// Its id; empty: of whichever has the name.
    var container = ""
    var place = LogPlace()

    /// All of the log.
    static let beginning = ContainerPlace()
    /// What comes from this moment on, in nanoseconds since 1970.
    static func since(_ time: UInt64) -> ContainerPlace { ContainerPlace(place: LogPlace(timestamp: time)) }
}

extension ContainerPlace {
    private static let maximumID = 128

    var text: String {
        let open = place.open == OpenLines() ? "" : ":\(place.open.stdout):\(place.open.stderr)"
        return "\(container):\(place.timestamp):\(place.count)\(open)"
    }

    init?(text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 || parts.count == 5, parts[0].utf8.count <= Self.maximumID,
            let timestamp = UInt64(parts[1])
        else { return nil }
        let numbers = parts[2...].compactMap { Int($0) }.filter { $0 >= 0 }
        guard numbers.count == parts.count - 2 else { return nil }
        let open = numbers.count == 3 ? OpenLines(stdout: numbers[1], stderr: numbers[2]) : OpenLines()
        self.init(
            container: String(parts[0]), place: LogPlace(timestamp: timestamp, count: numbers[0], open: open))
    }
}
