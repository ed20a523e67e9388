import Model
import Processing

/// Raises an event when a host's web servers have answered more than ten requests with 5xx within a minute.
struct HTTPErrorCounter: StreamProcessor {
    static let info = ProcessorInfo(name: "http_errors", reads: .enrichedLog, whenBehind: .sourceWaits)

    private var minute: Int64 = 0
    private var errors = 0

    init(agent: AgentID) {}

    mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        guard case .enrichedLog(let line) = observation, line.log.category == .access,
            line.log.parsed.field("status")?.hasPrefix("5") == true
        else { return }
        let now = context.now.wall.millisecondsSince1970 / 60_000
        if now != minute { (minute, errors) = (now, 0) }
        errors += 1
        guard errors == 11 else { return }
        let event = SystemEvent(
            time: context.now.wall, agent: context.agent, kind: "http_errors", severity: .warning,
            message: "more than 10 answers with 5xx within a minute")
        context.emit(.systemEvent(event, nil))
    }
}
