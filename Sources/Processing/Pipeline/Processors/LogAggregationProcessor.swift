package import Model

/// Joins stack traces, finds out what can be found out of each line, and has all of them kept.
package struct LogAggregationProcessor: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "log_aggregation", reads: [.logLine, .gap, .rewind],
        requiredConfig: .defaults(for: .logAggregation), whenBehind: .sourceWaits)

    private var joiners = TraceJoiners()
    private var log = LogProcessor()
    /// The last line that came.
    private var last = ItemNumber(origin: 0, seq: 0)
    /// Up to here everything is in what was handed out. Nil before the first line.
    private var settled: ItemNumber?
    /// Complete entries that are not handed out yet: between calls those behind a line that is held.
    private var joined: [StackTraceJoiner.Joined] = []
    private var joinedBytes = 0
    /// The wall clock, but never going back.
    private var time = WallTime(millisecondsSince1970: .min)
    private var nextCheck: WallTime?

    private static let checkInterval: Milliseconds = 10_000
    /// Of complete entries that wait behind a held line. Beyond, nothing is held any longer.
    private static let maximumWaiting = 10_000
    private static let maximumWaitingBytes = 1 << 20

    package init(agent: AgentID) {}

    package func patterns(
        atLeast level: LogLevel, within window: Milliseconds, before now: WallTime, limit: Int
    ) -> [TemplatePattern] {
        log.patterns(atLeast: level, within: window, before: now, limit: limit)
    }

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        time = max(time, context.now.wall)
        switch observation {
        case .logLine(let line): take(line, &context)
        case .gap(.logAggregation, let number):
            advance(to: number, &context)
            handOut(&context)
        case .rewind(.logAggregation, let number):
            // What is held is behind that number, and will come again.
            joiners = TraceJoiners()
            joined = []
            joinedBytes = 0
            last = number
            settled = number
        default: break
        }
    }

    package mutating func tick(_ context: inout ProcessingContext) {
        time = max(time, context.now.wall)
        flush(now: time)
        handOut(&context)
        if nextCheck.map({ time < $0 }) ?? false { return }
        nextCheck = time + Self.checkInterval
        if let change = log.tick(now: time) { context.emit(.errorBurst(change)) }
    }
}

// MARK: - Positions

extension LogAggregationProcessor {
    private mutating func take(_ line: LogLine, _ context: inout ProcessingContext) {
        advance(to: line.number, &context)
        joiners.add(line.entry, source: line.source, number: line.number.seq, now: time) {
            joined.append($0)
            joinedBytes += $0.entry.message.count
        }
        if joined.count > Self.maximumWaiting || joinedBytes > Self.maximumWaitingBytes { flush(now: nil) }
        handOut(&context)
    }

    private mutating func advance(to number: ItemNumber, _ context: inout ProcessingContext) {
        if let settled, number.origin == settled.origin {
            last = number
            return
        }
        // Another count: what the old one left will not come again.
        flush(now: nil)
        handOut(&context)
        last = number
        settled = ItemNumber(origin: number.origin, seq: number.seq - 1)
    }

    private mutating func flush(now: WallTime?) {
        joiners.flush(now: now) {
            joined.append($0)
            joinedBytes += $0.entry.message.count
        }
    }

    /// Hands out the complete entries, as far as nothing before them is held. An agent whose gateway has crashed sends again
    /// from the first held line on: an entry behind it that was stored already would be stored twice.
    private mutating func handOut(_ context: inout ProcessingContext) {
        guard var position = settled else { return }
        // Nothing can be ready before the line that is held moves on; asked for each line, so it has to be cheap.
        if let held = joiners.firstHeld, last.origin == position.origin, held == position.seq + 1 { return }
        let safe = ItemNumber(origin: last.origin, seq: safeSeq)
        let ready = takeJoined(upTo: safe.seq)
        for (index, entry) in ready.enumerated() {
            if index == ready.count - 1 { position = safe }
            enrich(entry, StreamPosition(context.agent, .logAggregation, position), &context)
        }
        if ready.isEmpty, safe != position {
            context.actions.append(.settle(StreamPosition(context.agent, .logAggregation, safe)))
        }
        settled = safe
    }

    /// Up to here nothing is held, neither by itself nor by an entry that reaches behind a line that is.
    private var safeSeq: UInt64 {
        var safe = (joiners.firstHeld ?? last.seq + 1) - 1
        while let first = joined.lazy.filter({ $0.last > safe && $0.first <= safe }).map(\.first).min() {
            safe = first - 1
        }
        return safe
    }

    private mutating func takeJoined(upTo seq: UInt64) -> [StackTraceJoiner.Joined] {
        if joined.allSatisfy({ $0.last <= seq }) {
            defer {
                joined = []
                joinedBytes = 0
            }
            return joined
        }
        let ready = joined.filter { $0.last <= seq }
        joined.removeAll { $0.last <= seq }
        joinedBytes -= ready.reduce(0) { $0 + $1.entry.message.count }
        return ready
    }

    private mutating func enrich(
        _ joined: StackTraceJoiner.Joined, _ position: StreamPosition, _ context: inout ProcessingContext
    ) {
        let enriched = log.process(joined.entry, now: time)
        let processed = ProcessedLog(enriched, joined.entry, source: joined.source, agent: context.agent)
        if joined.last > joined.first { context.counters.joinedEntries += 1 }
        context.counters.threats += UInt64(enriched.threats.count)
        context.keep(.log(processed.record, position))
        context.emit(.enrichedLog(processed))
        if let burst = enriched.burst { context.emit(.errorBurst(burst)) }
    }
}
