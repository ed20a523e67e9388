import JSON
import Model

@testable import Processing

/// An engine behind a reference, with what it said. Times are seconds; see `at`.
final class Pipe {
    var engine: ProcessingEngine
    /// Since it was last emptied.
    var actions: [PipelineAction] = []

    init(
        rules: [AlertRule] = AlertRule.defaults, active: [Alert] = [], registry: ProcessorRegistry = .standard
    ) {
        engine = ProcessingEngine(rules: rules, activeAlerts: active, registry: registry, now: at(0))
    }

    func feed(_ event: PipelineEvent, _ seconds: Double, _ agent: String = "a") {
        engine.process(event, of: AgentID(agent), now: at(seconds), into: &actions)
    }

    func feed(_ sample: MetricSample, _ seconds: Double, _ agent: String = "a", raw: String? = nil) {
        let received = at(seconds).monotonic
        feed(
            .metrics(MetricsObservation(sample, receivedAt: received, raw: raw.map { Array($0.utf8) })), seconds,
            agent)
    }

    func cpu(_ percent: Double, _ seconds: Double, _ agent: String = "a", raw: String? = nil) {
        feed(.only(.cpuUsage, percent), seconds, agent, raw: raw)
    }

    func happen(_ kind: String, _ seconds: Double, _ agent: String = "a") {
        feed(.gatewayEvent(.of(kind, seconds, agent)), seconds, agent)
    }

    /// Lines numbered from `first`, all at one moment.
    func log(
        _ lines: [String], from first: UInt64 = 1, _ seconds: Double = 0, source: String = "/var/log/x",
        origin: UInt64 = 1, _ agent: String = "a"
    ) {
        let events = lines.enumerated().map {
            PipelineEvent.logLine(
                LogLine(
                    LogEntry($0.element), source: Array(source.utf8),
                    number: ItemNumber(origin: origin, seq: first &+ UInt64($0.offset))))
        }
        engine.process(events, of: AgentID(agent), now: at(seconds), into: &actions)
    }

    func tick(_ seconds: Double) { engine.tick(now: at(seconds), into: &actions) }

    func read(_ type: StreamType, _ agent: AgentSelector = .one(AgentID("a")), all: Bool = false) {
        var config = StreamConfig.defaults(for: type)
        config.all = all
        engine.addReader(of: type, agent, config: config)
    }

    /// Silences what matches, until 1 000 s.
    func silence(_ matchers: [String: String], _ seconds: Double) -> Bool {
        let silence = Silence(
            id: SilenceID("s"), matchers: matchers, until: at(1_000).wall, comment: "", createdBy: "x")
        return engine.addSilence(silence, now: at(seconds))
    }

    func unsilence(_ seconds: Double) -> Bool {
        engine.removeSilence(SilenceID("s"), now: at(seconds), into: &actions)
    }

    func acknowledge(_ id: AlertID, _ seconds: Double) -> Alert? {
        engine.acknowledge(id, by: "ann", now: at(seconds), into: &actions)
    }

    func takeActions() -> [PipelineAction] {
        defer { actions = [] }
        return actions
    }
}

extension [PipelineAction] {
    var changes: [AlertChange] { compactMap { if case .keep(.alert(let change)) = $0 { change } else { nil } } }
    var logs: [LogRecord] { compactMap { if case .keep(.log(let record, _)) = $0 { record } else { nil } } }
    var events: [SystemEvent] { compactMap { if case .keep(.event(let event, _)) = $0 { event } else { nil } } }
    var points: [MetricPoint] { compactMap { if case .keep(.metrics(let point)) = $0 { point } else { nil } } }
    var health: [HealthRecord] { compactMap { if case .keep(.health(let record)) = $0 { record } else { nil } } }
    var failures: [ProcessorFailure] { compactMap { if case .failed(let failure) = $0 { failure } else { nil } } }
    /// In the order in which they are told.
    var positions: [StreamPosition] {
        compactMap {
            switch $0 {
            case .keep(.log(_, let position)), .settle(let position): position
            case .keep(.event(_, let position)): position
            default: nil
            }
        }
    }

    func published(_ type: StreamType) -> [ProcessedEvent] {
        compactMap {
            guard case .publish(let event) = $0, event.type == type else { return nil }
            return event
        }
    }
}

extension ProcessedEvent {
    /// As a view with these settings gets it; nil: it does not.
    func shown(
        _ seconds: Double = 0, isSnapshot: Bool = false, _ configure: (inout StreamConfig) -> Void = { _ in }
    ) throws -> (data: JSONValue, metadata: JSONValue)? {
        var config = StreamConfig.defaults(for: type)
        configure(&config)
        guard let event = render(for: config, now: at(seconds).monotonic, isSnapshot: isSnapshot) else { return nil }
        return (try JSONParser.parse(event.data), try JSONParser.parse(event.metadata))
    }
}

extension SystemEvent {
    static func of(
        _ kind: String, _ seconds: Double = 0, _ agent: String = "a", severity: SystemEventSeverity = .info
    ) -> SystemEvent {
        SystemEvent(
            time: at(seconds).wall, agent: AgentID(agent), kind: kind, severity: severity, unit: "x.service",
            message: "\(kind) happened")
    }
}

extension HealthRecord {
    static func of(
        _ seconds: Double, _ agent: String = "a", cpu: Double = 5, memory: Double = 30, disk: Double = 40
    ) -> HealthRecord {
        var record = HealthRecord(agent: AgentID(agent), time: at(seconds).wall)
        record.cpuUsage = cpu
        record.memoryUsage = memory
        record.diskUsage = disk
        record.diskMountPoint = "/var"
        return record
    }
}
