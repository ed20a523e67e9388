package import Model

/// A joiner for each source of a host, at most `maximumSources`; at the bound the source that was quiet for longest is
/// let go of, with what it held. Together they hold at most `maximumHeldBytes` of text; beyond, what has been held for
/// longest is let go.
package struct TraceJoiners: Sendable {
    private struct Source: Sendable {
        var name: [UInt8]
        var joiner: StackTraceJoiner
        var lastUse: UInt64 = 0
    }

    private struct Held: Sendable {
        /// In `sources`.
        var index: Int
        var first: UInt64
        var bytes: Int
    }

    private let limits: StackTraceJoiner.Limits
    private let maximumSources: Int
    private let maximumHeldBytes: Int
    private var sources: [Source] = []
    private var places: [[UInt8]: Int] = [:]
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
        let index = place(of: source, emit)
        uses += 1
        sources[index].lastUse = uses
        sources[index].joiner.add(entry, number: number, now: now) { emit($0.from(source)) }
        noteHeld(index)
        while heldBytes > maximumHeldBytes, let oldest = held.first { flush(oldest.index, now: nil, emit) }
    }

    /// See `StackTraceJoiner.flush`.
    package mutating func flush(now: WallTime?, emit: (StackTraceJoiner.Joined) -> Void) {
        for source in held { flush(source.index, now: now, emit) }
    }

    private mutating func flush(_ index: Int, now: WallTime?, _ emit: (StackTraceJoiner.Joined) -> Void) {
        let name = sources[index].name
        sources[index].joiner.flush(now: now) { emit($0.from(name)) }
        noteHeld(index)
    }

    private mutating func noteHeld(_ index: Int) {
        let first = sources[index].joiner.firstHeld
        let bytes = sources[index].joiner.heldBytes
        let place = held.firstIndex { $0.index == index }
        heldBytes += bytes - (place.map { held[$0].bytes } ?? 0)
        if let place, held[place].first == first {
            held[place].bytes = bytes
            return
        }
        if let place { held.remove(at: place) }
        if let first { held.append(Held(index: index, first: first, bytes: bytes)) }
    }

    private mutating func place(of source: [UInt8], _ emit: (StackTraceJoiner.Joined) -> Void) -> Int {
        if let place = places[source] { return place }
        let new = Source(name: source, joiner: StackTraceJoiner(limits: limits))
        var place = sources.count
        if place < maximumSources {
            sources.append(new)
        } else {
            place = sources.indices.min { sources[$0].lastUse < sources[$1].lastUse } ?? 0  // there is at least one
            flush(place, now: nil, emit)
            places[sources[place].name] = nil
            sources[place] = new
        }
        places[source] = place
        return place
    }
}

extension StackTraceJoiner.Joined {
    fileprivate func from(_ source: [UInt8]) -> Self {
        var copy = self
        copy.source = source
        return copy
    }
}
