import Model

/// Which of the streams that are made here somebody reads of one agent.
struct ReaderSet: OptionSet, Sendable {
    let rawValue: UInt8
    static let metrics = Self(rawValue: 1)
    static let alerts = Self(rawValue: 1 << 1)
    static let logs = Self(rawValue: 1 << 2)
    /// Lines that do not matter too.
    static let everyLog = Self(rawValue: 1 << 3)

    func reads(_ type: StreamType) -> Bool { Self(type).map(contains) ?? false }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Nil for streams that are not made here.
    init?(_ type: StreamType) {
        switch type {
        case .processedMetrics: self = .metrics
        case .alertEvents: self = .alerts
        case .processedLogs: self = .logs
        default: return nil
        }
    }
}

/// How many readers there are. As large as the number of agents that are read one by one.
struct ReaderTable: Sendable {
    private struct Counts: Sendable {
        var byBit = InlineArray<4, Int>(repeating: 0)
        var bits: ReaderSet {
            ReaderSet(rawValue: byBit.indices.reduce(0) { $0 | (byBit[$1] > 0 ? 1 << UInt8($1) : 0) })
        }
        var isEmpty: Bool { bits.isEmpty }
    }

    private var counts: [AgentSelector: Counts] = [:]

    func readers(of agent: AgentID) -> ReaderSet {
        guard !counts.isEmpty else { return [] }
        return (counts[.one(agent)]?.bits ?? []).union(counts[.every]?.bits ?? [])
    }

    mutating func add(_ type: StreamType, _ agent: AgentSelector, _ config: StreamConfig) {
        change(type, agent, config, by: 1)
    }

    mutating func remove(_ type: StreamType, _ agent: AgentSelector, _ config: StreamConfig) {
        change(type, agent, config, by: -1)
    }

    private mutating func change(
        _ type: StreamType, _ agent: AgentSelector, _ config: StreamConfig, by difference: Int
    ) {
        guard var wanted = ReaderSet(type) else { return }
        if wanted == .logs, config.all { wanted.insert(.everyLog) }
        var changed = counts[agent] ?? Counts()
        for bit in changed.byBit.indices where wanted.rawValue & 1 << UInt8(bit) != 0 {
            changed.byBit[bit] = max(0, changed.byBit[bit] + difference)
        }
        counts[agent] = changed.isEmpty ? nil : changed
    }
}
