import Model

/// The processors of one agent.
struct AgentPipeline: Sendable {
    private struct Slot: Sendable {
        let type: any StreamProcessor.Type
        let reads: ObservationKinds
        /// Made when there is something to read.
        var processor: (any StreamProcessor)?
        var failures = 0
        var lastReport: MonotonicTime?
    }

    private let agent: AgentID
    private var slots: [Slot]
    private(set) var facts = AgentFacts()
    private var cursors = ReliableCursors()
    /// When anything came last.
    private(set) var lastEvent: MonotonicTime

    private static let reportInterval: Milliseconds = 60_000

    init(agent: AgentID, registry: ProcessorRegistry, _ now: Now) {
        self.agent = agent
        slots = registry.types.map { Slot(type: $0, reads: $0.info.reads) }
        lastEvent = now.monotonic
    }

    mutating func take(_ events: some Sequence<PipelineEvent>, _ context: inout ProcessingContext) {
        lastEvent = context.now.monotonic
        for event in events {
            context.counters.count(event)
            if cursors.take(event) {
                feed(Observation(event), from: 0, &context)
            } else {
                context.counters.repeated += 1
            }
        }
    }

    mutating func restore(_ record: HealthRecord) { facts.restore(record) }

    mutating func tick(_ context: inout ProcessingContext) {
        for index in slots.indices where slots[index].processor != nil {
            run(index, &context) { processor, context in try processor.tick(&context) }
        }
    }

    mutating func streamStarted(_ stream: StreamKey, _ config: StreamConfig, _ context: inout ProcessingContext) {
        for index in readers(of: stream.type) {
            run(index, &context) { processor, context in
                try processor.streamStarted(stream, config, &context)
            }
        }
    }

    mutating func streamStopped(_ stream: StreamKey, _ context: inout ProcessingContext) {
        for index in readers(of: stream.type) where slots[index].processor != nil {
            run(index, &context) { processor, context in try processor.streamStopped(stream, &context) }
        }
    }

    /// The first processor of this type, if it has had something to do.
    func processor<Processor: StreamProcessor>(_ type: Processor.Type) -> Processor? {
        slots.lazy.compactMap { $0.processor as? Processor }.first
    }

    private func readers(of type: StreamType) -> [Int] {
        slots.indices.filter { slots[$0].reads.sources.contains(type) }
    }
}

// MARK: - One after the other

extension AgentPipeline {
    private mutating func feed(_ observation: Observation, from first: Int, _ context: inout ProcessingContext) {
        facts.note(observation, context.now)
        let kind = observation.kind
        for index in first..<slots.count where slots[index].reads.contains(kind) {
            run(index, &context) { processor, context in try processor.process(observation, &context) }
        }
    }

    /// Lets a processor work, and those behind it see what it made.
    private mutating func run(
        _ index: Int, _ context: inout ProcessingContext,
        _ body: (inout any StreamProcessor, inout ProcessingContext) throws -> Void
    ) {
        let mark = context.derived.count
        if slots[index].processor == nil { slots[index].processor = slots[index].type.init(agent: agent) }
        do { try body(&slots[index].processor!, &context) } catch { note(error, index, &context) }
        var next = mark
        while next < context.derived.count {
            feed(context.derived[next], from: index + 1, &context)
            next += 1
        }
        context.derived.removeLast(context.derived.count - mark)
    }

    private mutating func note(_ error: any Error, _ index: Int, _ context: inout ProcessingContext) {
        context.counters.failures += 1
        slots[index].failures += 1
        let now = context.now.monotonic
        if let last = slots[index].lastReport, now < last + Self.reportInterval { return }
        context.actions.append(
            .failed(
                ProcessorFailure(
                    processor: slots[index].type.info.name, agent: agent, error: "\(error)",
                    count: slots[index].failures)))
        slots[index].failures = 0
        slots[index].lastReport = now
    }
}

extension ProcessingCounters {
    fileprivate mutating func count(_ event: PipelineEvent) {
        switch event {
        case .metrics: metrics += 1
        case .health: healthChecks += 1
        case .logLine: logLines += 1
        case .systemEvent: systemEvents += 1
        case .gatewayEvent: gatewayEvents += 1
        case .gap, .rewind: break
        }
    }
}
