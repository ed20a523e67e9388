import Model

/// How far one reliable stream of one agent has come in.
struct ReliableCursor: Sendable {
    private var last: ItemNumber?

    /// - Returns: false for an item that came before, and for numbers that are none.
    mutating func take(_ number: ItemNumber) -> Bool {
        guard number.seq > 0, number.seq < .max else { return false }
        if let last, last.origin == number.origin, number.seq <= last.seq { return false }
        last = number
        return true
    }

    /// What is behind this number will come again.
    mutating func rewind(to number: ItemNumber) { last = number }
}

/// Those of one agent.
struct ReliableCursors: Sendable {
    private var logs = ReliableCursor()
    private var events = ReliableCursor()

    /// - Returns: false for what came before.
    mutating func take(_ event: PipelineEvent) -> Bool {
        switch event {
        case .logLine(let line): logs.take(line.number)
        case .systemEvent(_, let number): events.take(number)
        case .gap(.logAggregation, let number): logs.take(number)
        case .gap(.systemEvents, let number): events.take(number)
        case .rewind(let type, let number): rewind(type, to: number)
        case .metrics, .health, .gatewayEvent, .gap: true
        }
    }

    private mutating func rewind(_ type: StreamType, to number: ItemNumber) -> Bool {
        if type == .logAggregation { logs.rewind(to: number) }
        if type == .systemEvents { events.rewind(to: number) }
        return true
    }
}
