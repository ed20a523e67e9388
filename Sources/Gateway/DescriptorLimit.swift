import Glibc

/// How many descriptors the process may have.
enum DescriptorLimit {
    /// What is not for HTTP connections: loops, databases and their readers, task files, agents, and the few connections
    /// beyond the limit that are let in to be told so.
    private static let reserve = 256

    /// Takes all that the process may take, which by default is more than it is given.
    /// - Returns: how many descriptors it may have now.
    static func raise() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// So many of the connections that are wanted fit below the limit, at least one.
    /// - Parameter each: descriptors of one connection.
    static func connections(wanted: Int, each: Int = 1, descriptors: Int) -> Int {
        // Of a small limit the gateway itself takes most.
        min(wanted, max(1, (descriptors - min(reserve, descriptors * 3 / 4)) / each))
    }
}
