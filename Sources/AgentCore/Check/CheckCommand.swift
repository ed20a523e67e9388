import Options
import Reactor

/// `sluice-agent check`: what this host can stream, and why not.
enum CheckCommand {
    static let asJSON = Option<Bool>.boolean("json", flagOnly: true, help: "As one JSON object")

    /// Prints the report. Returns the exit code: 0 when everything that the options ask for is possible, else 1.
    static func run(_ configuration: AgentConfiguration, asJSON: Bool) -> Int32 {
        let report = CheckReport(
            agentID: configuration.id, gateway: "\(configuration.gateway)",
            streams: HostCheck(configuration).streams(), others: SurroundingsCheck(configuration: configuration).items()
        )
        StandardOutput.writeLine(asJSON ? report.json : report.text)
        return report.isGood ? 0 : 1
    }
}
