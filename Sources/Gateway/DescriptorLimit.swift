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
    /// - Parameters:
    ///   - each: descriptors of one connection.
    ///   - others: descriptors that are not for connections, beside the gateway's own.
    static func connections(wanted: Int, each: Int = 1, others: Int = 0, descriptors: Int) -> Int {
        // Of a small limit the gateway itself takes most.
        min(wanted, max(1, (descriptors - others - min(reserve, descriptors * 3 / 4)) / each))
    }

    /// Clients of one loop that may be agreeing on TLS at a time: of small limits they take an eighth.
    static func greetings(loops: Int, descriptors: Int) -> Int { max(1, min(1_024, descriptors / (8 * loops))) }
}
