import Logging
import Model
import Processing
import Storage
import Wire

// From a frame to the processors.

extension Pipeline {
    /// What has come together is decided on one by one, and carried out together.
    func process(_ chunk: PipelineInbox.Chunk) {
        chunk.bytes.withUnsafeBytes { bytes in
            for item in chunk.items {
                switch item {
                case .frame(let frame, let range): process(frame, UnsafeRawBufferPointer(rebasing: bytes[range]))
                case .work(let body):
                    carryOut()
                    body(self)
                }
            }
        }
        carryOut()
    }

    private func process(_ frame: PipelineFrame, _ bytes: UnsafeRawBufferPointer) {
        arena.reset()
        guard let message = try? decodeAgentMessage(bytes, arena: arena).pointee.message,
            case .streamData(let data) = message
        else {
            // A sample that nobody reads is decoded here for the first time.
            delegate?.pipelineMade([.malformed(frame.agent, connection: frame.connection)])
            return
        }
        process(data.pointee.payload, of: frame)
    }

    private func process(_ payload: WirePayload, of frame: PipelineFrame) {
        switch (payload, frame.kind) {
        case (.metrics(let metrics), .metrics): process(metrics, of: frame)
        case (.healthCheck(let check), .health):
            let record = HealthRecord(check.pointee, of: frame.agent, at: frame.now.wall)
            engine.process(.health(record), of: frame.agent, now: frame.now, into: &actions)
        case (.logs(let batch), .items(let type, let numbers, let known, let lost)):
            let events = WireList(batch.pointee.n_events, batch.pointee.events)
            process(frame, type, numbers, known: known, lost: lost, count: events.count) { index, number in
                .logLine(LogLine(events[index].pointee, number: number, now: frame.now.wall))
            }
        case (.systemEvents(let batch), .items(let type, let numbers, let known, let lost)):
            let events = WireList(batch.pointee.n_events, batch.pointee.events)
            process(frame, type, numbers, known: known, lost: lost, count: events.count) { index, number in
                .systemEvent(SystemEvent(events[index].pointee, of: frame.agent, now: frame.now.wall), number)
            }
        default: break  // the hub hands over nothing else
        }
    }

    private func process(_ metrics: UnsafeMutablePointer<WireMetrics>, of frame: PipelineFrame) {
        let raw: [UInt8]? =
            engine.isRead(.processedMetrics, of: frame.agent)
            ? {
                let buffer = WireBuffer()
                buffer.appendJSON(metrics)
                return buffer.bytes
            }() : nil
        let observation = MetricsObservation(
            MetricSample(metrics.pointee), receivedAt: frame.now.monotonic, raw: raw)
        engine.process(.metrics(observation), of: frame.agent, now: frame.now, into: &actions)
    }

    private func process(
        _ frame: PipelineFrame, _ type: StreamType, _ numbers: StreamLedger.Frame, known: Int,
        lost: ClosedRange<UInt64>?, count: Int, _ event: (_ index: Int, _ number: ItemNumber) -> PipelineEvent
    ) {
        if let lost {
            let number = ItemNumber(origin: numbers.origin, seq: lost.upperBound)
            engine.process(.gap(type, number), of: frame.agent, now: frame.now, into: &actions)
            log.warning(
                "an agent has lost items of a stream",
                metadata: ["agent": "\(frame.agent)", "stream_type": "\(type.rawValue)", "count": "\(lost.count)"])
        }
        guard known < count else { return }
        let events = (known..<count).map { index in
            event(index, ItemNumber(origin: numbers.origin, seq: numbers.last - UInt64(count - 1 - index)))
        }
        engine.process(events, of: frame.agent, now: frame.now, into: &actions)
    }
}

extension LogLine {
    fileprivate init(_ wire: WireLogEvent, number: ItemNumber, now: WallTime) {
        let time = wireValue(wire.has_timestamp, wire.timestamp).map { WallTime(unixSeconds: $0, now: now) }
        self.init(
            LogEntry(
                message: Array(wire.message.rawBytes), timestamp: time,
                level: wireString(wire.level).flatMap { LogLevel(name: $0) }, component: Array(wire.component.rawBytes)),
            source: Array(wire.source.rawBytes), number: number)
    }
}
