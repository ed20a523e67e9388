import Model
import Storage

/// What a pass of the processors wants kept, by stream: the items of one stream are stored in their order, together with
/// the position behind them.
struct PendingItems {
    private var streams: [StreamBatch] = []
    /// What belongs to no stream.
    private var others: [SystemEvent] = []

    struct StreamBatch {
        var agent: AgentID
        var type: StreamType
        var lines: [LogRecord] = []
        var events: [SystemEvent] = []
        var position: StreamPosition
    }

    mutating func add(_ record: LogRecord, _ position: StreamPosition) {
        streams[place(of: position)].lines.append(record)
    }

    mutating func add(_ event: SystemEvent, _ position: StreamPosition?) {
        guard let position else { return others.append(event) }
        streams[place(of: position)].events.append(event)
    }

    mutating func settle(_ position: StreamPosition) { _ = place(of: position) }

    private mutating func place(of position: StreamPosition) -> Int {
        // A pass is about one agent, or about all of them once a second: the last is nearly always the right one.
        let index = streams.lastIndex { $0.agent == position.agent && $0.type == position.type }
        if let index, streams[index].position.origin == position.origin {
            streams[index].position = position
            return index
        }
        streams.append(StreamBatch(agent: position.agent, type: position.type, position: position))
        return streams.count - 1
    }

    var batches: [LogBatch] {
        streams.map { LogBatch(lines: $0.lines, events: $0.events, position: $0.position) }
            + (others.isEmpty ? [] : [LogBatch(events: others)])
    }
}
