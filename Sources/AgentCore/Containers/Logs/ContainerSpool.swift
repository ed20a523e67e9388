import Glibc

/// Lines of one container that wait for the gateway.
typealias ContainerSpool = LogSpool<ContainerPlace>

extension ContainerSpool {
    /// No other log file is called that: by it `LogBatchBuilder` knows where lines are from.
    private static var suffix: String { ".container-spool" }
    private static var placeSuffix: String { ".place" }
    /// Of unacknowledged lines; beyond it the container's log is not read on: the engine keeps it.
    static var limit: Int64 { 2 << 20 }
    /// A file that has been read, and is longer, is replaced by an empty one.
    static var renewal: Int64 { 1 << 20 }

    /// What is followed for the containers of a directory of spools.
    static func pattern(in directory: String) -> String { "\(directory)/*\(suffix)" }

    /// The container whose spool is at the path; nil where it is another file.
    static func container(ofPath path: String) -> String? {
        guard path.hasSuffix(suffix) else { return nil }
        return path.dropLast(suffix.utf8.count).split(separator: "/").last.map { String($0) }
    }

    /// The containers of which there are spools.
    static func containers(in directory: String) -> [String] {
        directoryNames(directory).compactMap(container(ofPath:)).sorted()
    }

    /// - Parameter start: where its log is read from when nothing is known of it.
    /// - Throws: what cannot be opened.
    convenience init(of container: String, in directory: String, start: ContainerPlace) throws(StateProblem) {
        let base = "\(directory)/\(container)"
        try self.init(path: base + Self.suffix, placePath: base + Self.placeSuffix, start: start)
    }

    /// The container is gone, and the gateway has all of its lines.
    func remove() {
        unlink(path)
        unlink(path.dropLast(Self.suffix.utf8.count) + Self.placeSuffix)
    }
}
