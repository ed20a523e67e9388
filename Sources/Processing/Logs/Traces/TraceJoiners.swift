package import Model

/// A joiner for each source of a host, at most `maximumSources`; at the bound the source that was quiet for longest is
/// let go of, with what it held.
package struct TraceJoiners: Sendable {
    private let limits: StackTraceJoiner.Limits
    private let maximumSources: Int
    private var joiners: [[UInt8]: StackTraceJoiner] = [:]
    private var lastUse: [[UInt8]: UInt64] = [:]
    private var uses: UInt64 = 0

    package init(limits: StackTraceJoiner.Limits = .init(), maximumSources: Int = 256) {
        self.limits = limits
        self.maximumSources = max(maximumSources, 1)
    }

    /// Lines up to the one before this are in entries that were emitted. Nil where nothing is held.
    package var firstHeld: UInt64? { joiners.values.compactMap(\.firstHeld).min() }

    package mutating func add(
        _ entry: LogEntry, source: [UInt8], number: UInt64, now: WallTime, emit: (StackTraceJoiner.Joined) -> Void
    ) {
        if joiners[source] == nil, joiners.count >= maximumSources { forgetOldest(emit) }
        uses += 1
        lastUse[source] = uses
        joiners[source, default: StackTraceJoiner(limits: limits)].add(entry, number: number, now: now, emit: emit)
    }

    /// See `StackTraceJoiner.flush`.
    package mutating func flush(now: WallTime?, emit: (StackTraceJoiner.Joined) -> Void) {
        for source in joiners.keys where joiners[source]?.firstHeld != nil {
            joiners[source]?.flush(now: now, emit: emit)
        }
    }

    private mutating func forgetOldest(_ emit: (StackTraceJoiner.Joined) -> Void) {
        guard let oldest = lastUse.min(by: { $0.value < $1.value })?.key else { return }
        joiners[oldest]?.flush(now: nil, emit: emit)
        joiners[oldest] = nil
        lastUse[oldest] = nil
    }
}
