package import Options

/// The command line of `sluice-load`.
package enum LoadOptions {
    // MARK: What is measured

    static let gateway = Option<String>.string(
        "gateway", default: "http://127.0.0.1:8080", placeholder: "URL", help: "The gateway's HTTP side")
    static let agentsAddress = Option<Endpoint>.endpoint(
        "agents-address", default: "127.0.0.1:9090", help: "The gateway's side for agents")
    static let tokenFile = Option<String?>.string(
        "token-file", placeholder: "FILE",
        help: "File with a token of role admin or operator, where the gateway asks for tokens")
    static let agentTokenFile = Option<String?>.string(
        "agent-token-file", placeholder: "FILE", help: "File with the token of the agents, which may be used by all")
    static let serverPID = Option<[String]>.list(
        "server-pid", placeholder: "PID",
        help: "Processes whose CPU and memory are measured (default: who listens at the URL's port, if on this host)")
    static let peerSubscribe = Option<String?>.string(
        "peer-subscribe", placeholder: "URL",
        help: "Measure another SSE server: address that is listened to, with {topic} in it")
    static let peerPublish = Option<String?>.string(
        "peer-publish", placeholder: "URL",
        help: "Address of that server to which events are sent by POST, with {topic} in it")

    // MARK: The load

    static let subscribers = Option<Int>.integer(
        "subscribers", default: 100, in: 1...50_000, help: "SSE connections")
    static let agents = Option<Int>.integer(
        "agents", default: 1, in: 1...10_000, help: "Simulated agents, which speak the real protocol")
    static let topics = Option<Int>.integer(
        "topics", default: 1, in: 1...50_000,
        help: "Different streams; subscriber s listens to topic s % T, which agent s % T % M produces")
    static let streamType = Option<String>.choice(
        "stream-type", of: LoadStream.allCases.map(\.rawValue), default: LoadStream.containerLogs.rawValue,
        help: "What the agents produce: lines (not kept), task output (kept), or samples (the newest counts)")
    static let rate = Option<Int>.integer(
        "rate", default: 100, in: 0...2_000_000,
        help: "Events a second over all topics, sent when they are due, whatever the server does; 0: none")
    static let inFlight = Option<Int?>.integer(
        "in-flight", in: 1...1_000,
        help: "Instead of --rate: so many events to each topic at once, the next when every subscriber has them")
    static let size = Option<Int>.integer(
        "size", default: 200, in: 64...60_000, help: "Bytes of the line that an event carries")
    static let duration = Option<Int>.duration(
        "duration", default: "10s", in: 100...86_400_000, help: "How long events are sent")
    static let drain = Option<Int>.duration(
        "drain", default: "5s", in: 0...600_000, help: "How long to wait after that for what has not come yet")
    static let bufferSize = Option<Int>.integer(
        "buffer-size", default: 1_000, in: 1...10_000, help: "buffer_size of the subscriptions")

    // MARK: Hosts

    static let logAgents = Option<Int>.integer(
        "log-agents", default: 0, in: 0...2_000,
        help: "Beside the agents: hosts that send log lines, each of which the store must have once at the end")
    static let logRate = Option<Int>.integer(
        "log-rate", default: 1_000, in: 1...500_000, help: "Log lines a second of all these together")
    static let logLineBytes = Option<Int>.integer(
        "log-line-bytes", default: 240, in: LogLine.minimumSize...60_000, help: "Bytes of a log line")
    static let metricAgents = Option<Int>.integer(
        "metric-agents", default: 0, in: 0...10_000,
        help: "Beside the agents: hosts that send metrics and health checks whenever the gateway wants them")

    // MARK: Subscribers that behave badly

    static let slow = Option<Int>.integer(
        "slow", default: 0, in: 0...50_000, help: "Of the subscribers, so many read slowly")
    static let slowRate = Option<Int>.byteSize(
        "slow-rate", default: "10KB", in: 100...1 << 30, help: "Bytes a second that each of these reads")
    static let frozen = Option<Int>.integer(
        "frozen", default: 0, in: 0...50_000, help: "Of the subscribers, so many never read")
    static let churn = Option<Int>.integer(
        "churn", default: 0, in: 0...100_000,
        help: "Subscribers a second that drop their connection and come back with Last-Event-ID")
    static let stormAt = Option<Int?>.duration(
        "storm-at", in: 1...86_400_000,
        help: "So long after the first event all subscribers drop their connections at once and come back")
    static let reconnect = Option<String>.choice(
        "reconnect", of: ["at-once", "retry"], default: "at-once",
        help: "When who dropped comes back: at once, or after the server's `retry:`")

    // MARK: How it is done

    static let workers = Option<Int?>.integer(
        "workers", in: 1...16,
        help: "Processes of the subscribers (default: as many as the limit of descriptors asks for)")
    static let connectWindow = Option<Int>.integer(
        "connect-window", default: 256, in: 1...4_096,
        help: "Connections of one process that may be on their way at a time")
    static let probe = Option<Bool>.boolean(
        "probe", help: "Ask GET /healthz every 20 ms and report the slowest answer; always with --churn and --storm-at")
    static let label = Option<String>.string(
        "label", default: "run", placeholder: "TEXT", help: "Name of this run in the report")
    static let json = Option<Bool>.boolean(
        "json", flagOnly: true, help: "Print the report as one JSON object on stdout instead of the table")
    static let quiet = Option<Bool>.boolean("quiet", flagOnly: true, help: "No progress on stderr")

    package static let program = Program(
        name: "sluice-load", version: "0.1.0",
        summary: "Loads a Sluice gateway, or another SSE server, and checks every event that comes out",
        groups: [
            OptionGroup(
                "Server", [gateway, agentsAddress, tokenFile, agentTokenFile, serverPID, peerSubscribe, peerPublish]),
            OptionGroup(
                "Load",
                [subscribers, agents, topics, streamType, rate, inFlight, size, duration, drain, bufferSize]),
            OptionGroup("Hosts", [logAgents, logRate, logLineBytes, metricAgents]),
            OptionGroup("Bad behaviour", [slow, slowRate, frozen, churn, stormAt, reconnect]),
            OptionGroup("Running and reporting", [workers, connectWindow, probe, label, json, quiet]),
        ])
}

/// What the simulated agents produce.
package enum LoadStream: String, CaseIterable, Sendable {
    /// Lines that are not kept: what a subscriber misses is a `gap`.
    case containerLogs = "container_logs"
    /// Lines of tasks, which are kept: nothing may be missing.
    case shellOutput = "shell_output"
    /// Samples, of which a slow subscriber gets the newest.
    case metrics
}
