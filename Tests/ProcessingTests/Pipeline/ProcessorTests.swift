import Glibc
import Model
import Testing

@testable import Processing

@Suite("Pipeline: processors")
struct ProcessorTests {
    private let access = #"192.0.2.1 - - [23/Nov/2026:15:34:26 +0000] "GET /x HTTP/1.1" 503 12"#

    @Test("the example of the README counts, and its event is kept and seen by the rules")
    func example() {
        let rule = AlertRule(
            name: "web", source: .systemEvents, condition: .events(EventCondition(["kind": "http_errors"])))
        let pipe = Pipe(rules: [rule], registry: .standard.adding([HTTPErrorCounter.self]))
        pipe.log([String](repeating: access, count: 10))
        #expect(pipe.actions.events.isEmpty)
        pipe.log([access], from: 11)
        #expect(pipe.actions.events.map(\.kind) == ["http_errors"])
        #expect(pipe.actions.changes.map(\.alert.rule) == ["web"])
        #expect(pipe.actions.positions.count == 11, "an event of the gateway's own has no position")
    }

    @Test("the README shows the example as it is compiled")
    func readme() throws {
        let folders = #filePath.split(separator: "/")
        let root = "/" + folders.dropLast(4).joined(separator: "/")
        let example = try text(of: "/" + folders.dropLast().joined(separator: "/") + "/HTTPErrorCounter.swift")
        #expect(try text(of: root + "/README.md").contains("```swift\n" + example + "```"))
    }

    @Test("a processor that fails is counted and reported once a minute, and stops nothing")
    func failing() {
        let pipe = Pipe(registry: .standard.adding([Failing.self]))
        pipe.read(.processedLogs, all: true)
        pipe.log((0..<100).map { "line \($0)" })
        #expect(pipe.actions.logs.count == 100 && pipe.actions.published(.processedLogs).count == 100)
        #expect(pipe.engine.counters.failures == 100)
        let failure = ProcessorFailure(processor: "failing", agent: AgentID("a"), error: "Problem()", count: 1)
        #expect(pipe.actions.failures == [failure])
        pipe.actions = []
        pipe.log(["line"], from: 101, 61)
        #expect(pipe.actions.failures.map(\.count) == [100])
        #expect(pipe.actions.published(.processedLogs).count == 1)
    }

    @Test("what a processor makes is seen by those behind it, before what it was made from, and by none before it")
    func derived() {
        let pipe = Pipe(registry: ProcessorRegistry([Listener.self, Maker.self, Listener.self]))
        pipe.feed(.gatewayEvent(.of("original")), 0)
        #expect(pipe.actions.events.map(\.message) == ["original", "made", "original"].map { "\($0) happened" })
    }

    @Test("processors are told when a stream that they read begins and ends")
    func hooks() {
        let pipe = Pipe(registry: ProcessorRegistry([Listener.self, HealthCheckProcessor.self]))
        let stream = StreamKey(type: .gatewayEvents, agent: AgentID("a"))
        pipe.engine.streamStarted(stream, config: StreamConfig(), now: at(0), into: &pipe.actions)
        pipe.engine.streamStopped(stream, now: at(1), into: &pipe.actions)
        pipe.engine.streamStarted(
            StreamKey(type: .metrics, agent: AgentID("a")), config: StreamConfig(), now: at(2), into: &pipe.actions)
        #expect(pipe.actions.events.map(\.kind) == ["started", "stopped"])
    }

    @Test("each stream that the server processes has a processor, under the name that the API shows")
    func registry() {
        func name(_ type: StreamType) -> String? { ProcessorRegistry.standard.processor(of: type)?.name }
        // Deployments come from tasks, not from streams of agents.
        for type in StreamType.allCases where type != .deploymentStatus {
            #expect((name(type) != nil) == type.info.processOnServer, "\(type)")
        }
        #expect(name(.healthCheck) == "health_check" && name(.logAggregation) == "log_aggregation")
        #expect(name(.metrics) == "metrics" && name(.systemEvents) == "system_events")
        #expect(name(.alertEvents) == "alerts" && name(.processedMetrics) == "processed_metrics")
        let required = ProcessorRegistry.standard.processor(of: .healthCheck)?.requiredConfig
        #expect(required?.interval == 30_000)
        #expect(ProcessorRegistry.standard.processor(of: .logAggregation)?.whenBehind == .sourceWaits)
        #expect(ProcessorRegistry.standard.processor(of: .metrics)?.whenBehind == .newestCounts)
        let names = ProcessorRegistry.standard.types.map { $0.info.name }
        #expect(Set(names).count == names.count)
    }

    @Test("system events are kept once, with their positions, and raise alerts")
    func systemEvents() {
        let pipe = Pipe()
        for seq in [1, 2, 2, 1, 3] as [UInt64] {
            pipe.feed(.systemEvent(.of("oom_kill"), ItemNumber(origin: 9, seq: seq)), 0)
        }
        #expect(pipe.actions.positions.map(\.seq) == [1, 2, 3] && pipe.actions.positions.allSatisfy { $0.origin == 9 })
        #expect(pipe.actions.changes.map(\.alert.rule) == ["out_of_memory"])
        #expect(pipe.engine.counters.repeated == 2)
    }

    @Test("an agent that was quiet for a day is forgotten")
    func forgotten() {
        let pipe = Pipe()
        pipe.cpu(5, 0, "old")
        pipe.cpu(5, 80_000, "new")
        pipe.tick(86_399)
        #expect(pipe.engine.counters.agents == 2)
        pipe.tick(86_460)
        #expect(pipe.engine.counters.agents == 1 && pipe.engine.counters.forgottenAgents == 1)
        #expect(pipe.engine.fleetHealth(now: at(86_460)).agents.map(\.agent.text) == ["new"])
    }

    private func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "r"), "\(path) cannot be read")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private struct Problem: Error {}

private struct Failing: StreamProcessor {
    static let info = ProcessorInfo(name: "failing", reads: .enrichedLog, whenBehind: .sourceWaits)
    init(agent: AgentID) {}
    mutating func process(_ observation: Observation, _ context: inout ProcessingContext) throws { throw Problem() }
}

/// Keeps what it sees.
private struct Listener: StreamProcessor {
    static let info = ProcessorInfo(name: "listener", reads: .gatewayEvent, whenBehind: .sourceWaits)
    init(agent: AgentID) {}
    mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        if case .gatewayEvent(let event) = observation { context.keep(.event(event, nil)) }
    }
    mutating func streamStarted(_ stream: StreamKey, _ config: StreamConfig, _ context: inout ProcessingContext) {
        context.keep(.event(.of("started"), nil))
    }
    mutating func streamStopped(_ stream: StreamKey, _ context: inout ProcessingContext) {
        context.keep(.event(.of("stopped"), nil))
    }
}

private struct Maker: StreamProcessor {
    static let info = ProcessorInfo(name: "maker", reads: .gatewayEvent, whenBehind: .sourceWaits)
    init(agent: AgentID) {}
    mutating func process(_ observation: Observation, _ context: inout ProcessingContext) {
        context.emit(.gatewayEvent(.of("made")))
    }
}
