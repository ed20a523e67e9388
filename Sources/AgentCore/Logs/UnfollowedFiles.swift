import Model

/// Says how many files are not followed because there are too many: once, and again when that has changed, but not with
/// every file that comes and goes. A value without I/O.
struct UnfollowedFiles {
    static let pause: Milliseconds = 60_000

    private var said = 0
    private var saidAt: MonotonicTime?

    /// - Returns: what is to be logged, if anything.
    mutating func look(_ count: Int, now: MonotonicTime) -> String? {
        guard count != said, saidAt.map({ now.milliseconds(since: $0) >= Self.pause }) ?? true else { return nil }
        (said, saidAt) = (count, now)
        guard count > 0 else { return "all log files that match are followed again" }
        return "\(count) log files match and are not followed: more than \(LogPatterns.maximumFiles) are too many"
    }
}
