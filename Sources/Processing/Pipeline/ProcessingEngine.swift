package import Model

/// The processors of all agents. A value without a clock: owned and fed by one thread.
///
/// Bounded: at most `maximumAgents`. Of each: the analytics of metrics and of health checks (`AgentAnalytics.byteCount`
/// for each), and once it sends logs 1 000 templates, the windows of the threat rules, 1 MiB of lines that wait to be
/// joined and 1 MiB or 10 000 lines that wait behind them. Each part is made when there is something for it.
package struct ProcessingEngine: Sendable {
    package static let maximumAgents = 50_000
    /// What is known of an agent that was quiet for so long is forgotten.
    package static let forgetAfter: Milliseconds = 24 * 3_600_000
    private static let tidyInterval: Milliseconds = 60_000

    package let registry: ProcessorRegistry
    var context: ProcessingContext
    var pipelines: [AgentID: AgentPipeline] = [:]
    private var readers = ReaderTable()
    private var tidiedAt: MonotonicTime

    /// - Parameter activeAlerts: those that were firing when the gateway ended.
    package init(
        rules: [AlertRule] = AlertRule.defaults, activeAlerts: [Alert] = [], silences: [Silence] = [],
        registry: ProcessorRegistry = .standard, now: Now
    ) {
        self.registry = registry
        context = ProcessingContext(
            alerts: AlertEngine(rules: rules, active: activeAlerts, silences: silences, now), now)
        tidiedAt = now.monotonic
    }

    package var counters: ProcessingCounters {
        var counters = context.counters
        counters.agents = pipelines.count
        counters.alerts = context.alerts.counters
        return counters
    }

    // MARK: - Events

    package mutating func process(
        _ event: PipelineEvent, of agent: AgentID, now: Now, into actions: inout [PipelineAction]
    ) {
        process(CollectionOfOne(event), of: agent, now: now, into: &actions)
    }

    /// What came together, in its order; cheaper than one by one.
    package mutating func process(
        _ events: some Collection<PipelineEvent>, of agent: AgentID, now: Now, into actions: inout [PipelineAction]
    ) {
        guard !events.isEmpty else { return }
        guard makePipeline(agent, now) else {
            context.counters.refused += UInt64(events.count)
            return
        }
        swap(&context.actions, &actions)
        enter(agent, now)
        pipelines[agent]!.take(events, &context)
        swap(&context.actions, &actions)
    }

    /// Once a second: what waits for time to pass.
    package mutating func tick(now: Now, into actions: inout [PipelineAction]) {
        swap(&context.actions, &actions)
        for agent in Array(pipelines.keys) {
            enter(agent, now)
            pipelines[agent]!.tick(&context)
        }
        context.announce(context.alerts.tick(now))
        forgetAgents(now)
        swap(&context.actions, &actions)
    }

    /// What a health check told before the gateway was started anew. Looks for no alerts.
    package mutating func restore(_ record: HealthRecord, now: Now) {
        if makePipeline(record.agent, now) { pipelines[record.agent]!.restore(record) }
    }

    private mutating func makePipeline(_ agent: AgentID, _ now: Now) -> Bool {
        if pipelines[agent] != nil { return true }
        guard pipelines.count < Self.maximumAgents else { return false }
        pipelines[agent] = AgentPipeline(agent: agent, registry: registry, now)
        return true
    }

    private mutating func enter(_ agent: AgentID, _ now: Now) {
        context.agent = agent
        context.now = now
        context.readers = readers.readers(of: agent)
    }

    private mutating func forgetAgents(_ now: Now) {
        guard now.monotonic >= tidiedAt + Self.tidyInterval else { return }
        tidiedAt = now.monotonic
        let quiet = pipelines.filter { now.monotonic >= $0.value.lastEvent + Self.forgetAfter }.keys
        for agent in quiet { pipelines[agent] = nil }
        context.counters.forgottenAgents += UInt64(quiet.count)
    }

    // MARK: - Streams and their readers

    /// A stream runs on an agent, from now on or with another configuration.
    package mutating func streamStarted(
        _ stream: StreamKey, config: StreamConfig, now: Now, into actions: inout [PipelineAction]
    ) {
        guard makePipeline(stream.agent, now) else { return }
        swap(&context.actions, &actions)
        enter(stream.agent, now)
        pipelines[stream.agent]!.streamStarted(stream, config, &context)
        swap(&context.actions, &actions)
    }

    package mutating func streamStopped(_ stream: StreamKey, now: Now, into actions: inout [PipelineAction]) {
        guard pipelines[stream.agent] != nil else { return }
        swap(&context.actions, &actions)
        enter(stream.agent, now)
        pipelines[stream.agent]!.streamStopped(stream, &context)
        swap(&context.actions, &actions)
    }

    /// A view of `processed_metrics`, `alert_events` or `processed_logs` is read, from now on. Until somebody reads them,
    /// metrics and logs are processed but not made into events; alerts are always told.
    package mutating func addReader(of type: StreamType, _ agent: AgentSelector, config: StreamConfig) {
        readers.add(type, agent, config)
    }

    /// Of a view that was added with the same values.
    package mutating func removeReader(of type: StreamType, _ agent: AgentSelector, config: StreamConfig) {
        readers.remove(type, agent, config)
    }

    package func isRead(_ type: StreamType, of agent: AgentID) -> Bool { readers.readers(of: agent).reads(type) }
}
