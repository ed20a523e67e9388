package import Model

/// Makes events of `processed_logs`.
package struct ProcessedLogsRelay: StreamProcessor {
    package static let info = ProcessorInfo(
        name: "processed_logs", reads: .enrichedLog, emits: [.processedLogs], whenBehind: .sourceWaits)

    package init(agent: AgentID) {}

    package mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        guard case .enrichedLog(let log) = observation, context.isRead(.processedLogs),
            log.log.matters || context.readers.contains(.everyLog)
        else { return }
        context.publish(.processedLogs, log)
    }
}
