import Glibc

/// Where and with which variables commands run: those of the agent, with a HOME in any case, in the home directory.
struct TaskEnvironment {
    /// `NAME=value`.
    var variables: [[UInt8]]
    var directory: String
    /// Where operations on containers are done; nil: there are none.
    var containers: RunContainers?

    static func inherited(containers: RunContainers? = nil) -> TaskEnvironment {
        var variables: [[UInt8]] = []
        var entry = environ
        while let text = entry.pointee {
            variables.append(UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:)))
            entry += 1
        }
        let home = getenv("HOME").map { String(cString: $0) }
        let directory = home ?? homeOfAccount() ?? "/"
        if home == nil { variables.append(Array("HOME=\(directory)".utf8)) }
        return TaskEnvironment(
            variables: variables, directory: isDirectory(directory) ? directory : "/", containers: containers)
    }

    private static func homeOfAccount() -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard getpwuid_r(getuid(), &record, buffer.baseAddress!, buffer.count, &found) == 0, found != nil else {
                return nil
            }
            return String(cString: record.pw_dir)
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
