package import Model

/// A joiner for each source of a host, at most `maximumSources`; at the bound the source that was quiet for longest is
/// let go of, with what it held. Together they hold at most `maximumHeldBytes` of text and what one more line adds;
/// beyond, what has been held for longest is let go.
package struct TraceJoiners: Sendable {
    private struct Source: Sendable {
        var joiner: StackTraceJoiner
        var lastUse: UInt64
    }

    private struct Held: Sendable {
        var source: [UInt8]
        var first: UInt64
        var bytes: Int
    }

    private let limits: StackTraceJoiner.Limits
    private let maximumSources: Int
    private let maximumHeldBytes: Int
    private var sources: [[UInt8]: Source] = [:]
    /// The sources that hold something, by when they began to.
    private var held: [Held] = []
    private var heldBytes = 0
    private var uses: UInt64 = 0

    package init(
        limits: StackTraceJoiner.Limits = .init(), maximumSources: Int = 256, maximumHeldBytes: Int = 1 << 20
    ) {
        self.limits = limits
        self.maximumSources = max(maximumSources, 1)
        self.maximumHeldBytes = maximumHeldBytes
    }

    /// Lines up to the one before this are in entries that were emitted. Nil where nothing is held.
    package var firstHeld: UInt64? { held.lazy.map(\.first).min() }

    /// - Parameter emit: called for each entry that is complete.
    package mutating func add(
        _ entry: LogEntry, source: [UInt8], number: UInt64, now: WallTime, emit: (StackTraceJoiner.Joined) -> Void
    ) {
        if sources[source] == nil, sources.count >= maximumSources { forgetOldest(emit) }
        uses += 1
        perform(.add(entry, number, now), on: source, emit)
        while heldBytes > maximumHeldBytes, let oldest = held.first?.source {
            perform(.flush(nil), on: oldest, emit)
        }
    }

    /// See `StackTraceJoiner.flush`.
    package mutating func flush(now: WallTime?, emit: (StackTraceJoiner.Joined) -> Void) {
        for source in held.map(\.source) {
            perform(.flush(now), on: source, emit)
        }
    }

    private enum Step {
        case add(LogEntry, UInt64, WallTime)
        case flush(WallTime?)
    }

    /// Lets the joiner of a source work, and takes note of what it holds then.
    private mutating func perform(
        _ step: Step, on source: [UInt8], _ emit: (StackTraceJoiner.Joined) -> Void
    ) {
        let held = use(source) { joiner in
            func pass(_ joined: StackTraceJoiner.Joined) {
                var joined = joined
                joined.source = source
                emit(joined)
            }
            switch step {
            case .add(let entry, let number, let now): joiner.add(entry, number: number, now: now) { pass($0) }
            case .flush(let now): joiner.flush(now: now) { pass($0) }
            }
            return joiner.firstHeld.map { Held(source: source, first: $0, bytes: joiner.heldBytes) }
        }
        note(held, of: source)
    }

    private mutating func use<Result>(_ source: [UInt8], _ body: (inout StackTraceJoiner) -> Result) -> Result {
        func use(_ source: inout Source) -> Result {
            source.lastUse = uses
            return body(&source.joiner)
        }
        return use(&sources[source, default: Source(joiner: StackTraceJoiner(limits: limits), lastUse: uses)])
    }

    private mutating func note(_ new: Held?, of source: [UInt8]) {
        let index = held.firstIndex { $0.source == source }
        if let index { heldBytes -= held[index].bytes }
        heldBytes += new?.bytes ?? 0
        switch (index, new) {
        case (let index?, let new?) where held[index].first == new.first: held[index] = new
        case (let index?, let new):
            held.remove(at: index)
            if let new { held.append(new) }
        case (nil, let new?): held.append(new)
        case (nil, nil): break
        }
    }

    private mutating func forgetOldest(_ emit: (StackTraceJoiner.Joined) -> Void) {
        guard let oldest = sources.min(by: { $0.value.lastUse < $1.value.lastUse })?.key else { return }
        perform(.flush(nil), on: oldest, emit)
        sources[oldest] = nil
    }
}
