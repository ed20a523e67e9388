package import Model

/// Makes events of `processed_logs` of lines that are stored: they are looked at again, one after the other, so what
/// threats are made of has to be among them. Bounded: of more than `maximumAgents` hosts, what was seen is forgotten from
/// time to time.
package struct StoredLogs: Sendable {
    private var processors: [AgentID: LogProcessor] = [:]

    private static let maximumAgents = 64

    package init() {}

    package mutating func event(_ record: LogRecord) -> ProcessedEvent {
        var component = record.component
        let entry = LogEntry(
            message: Array(record.message.utf8), timestamp: record.time, level: record.level,
            component: component.withUTF8 { Array($0) })
        if processors[record.agent] == nil, processors.count >= Self.maximumAgents { processors = [:] }
        let log = processors[record.agent, default: LogProcessor()].process(entry, now: record.time)
        return ProcessedEvent(
            type: .processedLogs, agent: .one(record.agent), time: record.time,
            payload: ProcessedLog(log, stored: record))
    }
}
