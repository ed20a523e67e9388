import Model

/// Where readers of containers' logs stood when the connection to the gateway was lost, so that the next connection goes
/// on there. A value without I/O.
final class ContainerLogMemory {
    struct Entry {
        var container: ContainerDetail
        var place: LogPlace
        /// Number of the last line that was sent.
        var lastSeq: UInt64
    }

    /// What is older is history.
    static let lifetime: Milliseconds = 300_000
    static let bound = 256

    private var entries: [String: (entry: Entry, ref: UInt32, time: MonotonicTime)] = [:]

    func keep(_ entry: Entry, of resource: String, ref: UInt32, now: MonotonicTime) {
        if entries.count >= Self.bound, entries[resource] == nil,
            let oldest = entries.min(by: { $0.value.time < $1.value.time })
        {
            entries[oldest.key] = nil
        }
        entries[resource] = (entry, ref, now)
    }

    /// - Parameter after: the last number that the gateway has of this stream; nil when it has none, as after a restart of
    ///   its own. Then the numbers begin anew; else they go on, so that lines which were lost with the connection are
    ///   missed.
    func take(_ resource: String, ref: UInt32, after: UInt64?, now: MonotonicTime) -> Entry? {
        guard var found = entries.removeValue(forKey: resource), now.milliseconds(since: found.time) < Self.lifetime
        else { return nil }
        if after == nil || found.ref != ref { found.entry.lastSeq = 0 }
        return found.entry
    }
}
