import Model
import Reactor
import Synchronization
import Wire

@testable import AgentCore

/// What the gateway keeps of the reliable streams.
extension ScriptedGateway {
    struct Reliable: Equatable {
        var origin: UInt64
        var storedSeq: UInt64
        /// Messages of the lines, kinds of the events; each item once, in the order of the numbers.
        var items: [String] = []
        /// Paths of the files that the lines are from.
        var sources: Set<String> = []
        var messages: [String] = []
        var gaps: [ClosedRange<UInt64>] = []
        /// Items that came again.
        var repeated = 0
        /// Numbers that were left out without a word.
        var holes: [ClosedRange<UInt64>] = []
        /// Counts before this one.
        var earlierOrigins: [UInt64] = []
        var frames = 0
        /// Items that came, repeated ones too.
        var received = 0

        var position: ReliablePosition { ReliablePosition(seq: storedSeq, origin: origin) }
    }

    func reliable(_ type: String) -> Reliable { state.reliable[type] ?? Reliable(origin: 0, storedSeq: 0) }

    /// Without a copy of them all.
    var lineCount: Int { shared.withLock { $0.reliable["log_aggregation"]?.items.count ?? 0 } }

    var lines: [String] { reliable("log_aggregation").items }

    /// False for a stream that is not reliable.
    func recordReliable(_ data: WireStreamData) -> Bool {
        let (type, items, sources, messages): (String, [String], [String], [String])
        switch data.payload {
        case .logs(let batch):
            let events = WireList(batch.pointee.n_events, batch.pointee.events).map { $0.pointee }
            (type, items) = ("log_aggregation", events.map { String(wire: $0.message) })
            (sources, messages) = (events.map { String(wire: $0.source) }, [])
        case .systemEvents(let batch):
            let events = WireList(batch.pointee.n_events, batch.pointee.events).map { $0.pointee }
            (type, items) = ("system_events", events.map { wireString($0.kind) ?? "" })
            (sources, messages) = ([], events.map { String(wire: $0.message) })
        default: return false
        }
        let gap = data.gap.map { $0.pointee.from_seq...$0.pointee.to_seq }
        let seq = shared.withLock { state -> UInt64? in
            var stream = state.reliable.removeValue(forKey: type) ?? Reliable(origin: data.origin, storedSeq: 0)
            defer { state.reliable[type] = stream }
            stream.received += items.count
            guard keepsItems else { return nil }
            stream.take(items, messages, upTo: data.seq, origin: data.origin, gap: gap)
            stream.sources.formUnion(sources)
            return stream.storedSeq
        }
        if acknowledgesItems, let seq { acknowledgeItems(data.stream_ref, upTo: seq) }
        return true
    }

    private func acknowledgeItems(_ ref: UInt32, upTo seq: UInt64) {
        send { arena in
            .ack(
                arena.make { ack in
                    wireSet(&ack.has_stream_ref, &ack.stream_ref, ref)
                    wireSet(&ack.has_up_to_seq, &ack.up_to_seq, seq)
                })
        }
    }

    /// A gateway that came back with an older database.
    func forgetItems(after seq: UInt64) {
        shared.withLock { state in
            guard var stream = state.reliable.removeValue(forKey: "log_aggregation") else { return }
            stream.storedSeq = seq
            stream.items = Array(stream.items.prefix(Int(seq)))
            state.reliable["log_aggregation"] = stream
        }
    }

    /// Acknowledges what has been stored so far.
    func acknowledgeItems(of type: String, ref: UInt32) async throws {
        let seq = reliable(type).storedSeq
        try await loop.run { [self] in acknowledgeItems(ref, upTo: seq) }
    }

    /// Asks again for what has not been stored.
    func askAgain(for type: String, ref: UInt32) async throws {
        let seq = reliable(type).storedSeq + 1
        try await send { arena in
            .resend(
                arena.make { resend in
                    wireSet(&resend.has_stream_ref, &resend.stream_ref, ref)
                    wireSet(&resend.has_from_seq, &resend.from_seq, seq)
                })
        }
    }
}

extension ScriptedGateway.Reliable {
    fileprivate mutating func take(
        _ items: [String], _ messages: [String], upTo last: UInt64, origin: UInt64, gap: ClosedRange<UInt64>?
    ) {
        frames += 1
        let first = last - UInt64(items.count) + 1
        if origin != self.origin || frames == 1 {
            if frames > 1 { earlierOrigins.append(self.origin) }
            self.origin = origin
            storedSeq = (gap?.lowerBound ?? first) - 1
        }
        if let gap, gap.upperBound > storedSeq {
            gaps.append(max(gap.lowerBound, storedSeq + 1)...gap.upperBound)
            storedSeq = gap.upperBound
        }
        if first > storedSeq + 1 { holes.append((storedSeq + 1)...(first - 1)) }
        let known = Int(min(UInt64(items.count), storedSeq >= first ? storedSeq - first + 1 : 0))
        repeated += known
        self.items += items.dropFirst(known)
        self.messages += messages.dropFirst(known)
        storedSeq = max(storedSeq, last)
    }
}
