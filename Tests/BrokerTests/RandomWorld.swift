import Model
import TestSupport

@testable import Broker

/// Clients, agents and an administrator who do anything in any order, and an independent idea of what should run.
struct RandomWorld {
    var random: SeededGenerator
    var world: Fixture
    var agents: [ModelAgent]
    private var tasks: [TaskID: StreamKey] = [:]
    private let standing: [StandingDemand]
    private let principals: [Principal] = [
        .anonymousAdmin, .token("all"), .token("prod", scope: AgentScope(labels: ["env": "prod"])),
        .token("one", scope: AgentScope(agents: ["a1"])),
    ]
    /// What each ref of an agent has meant in this life of the gateway, and the last generation it was told.
    private var refs: [AgentID: [UInt32: StreamKey]] = [:]
    private var generations: [AgentID: UInt64] = [:]
    private(set) var violations: [String] = []

    init(seed: UInt64) {
        var random = SeededGenerator(seed)
        let linger = [0, 500, 2_000].randomElement(using: &random) ?? 0
        let standing = [
            StandingDemand(.healthCheck), StandingDemand(.logAggregation), StandingDemand(.metrics, kind: .recording),
        ].filter { _ in Bool.random(using: &random) }
        self.standing = standing
        self.random = random
        world = Fixture { settings in
            settings.linger = linger
            settings.standing = standing
            settings.deadlinesPerTick = 3
        }
        agents = ["a1", "a2", "a3"].map { ModelAgent(id: AgentID($0), labels: [:], types: []) }
    }

    // MARK: - Steps

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20: subscribe()
        case 20..<40: openSomething()
        case 40..<52: closeSomething()
        case 52..<60: deleteSomething()
        case 60..<68: connectOrLoseAgent()
        case 68..<80: exchangeWithAgent()
        case 80..<85: changeServerDemand()
        case 85..<90: changeTask()
        case 90: restart()
        case 91: world.advance(61_000)
        default: world.advance(Int.random(in: 0...3_000, using: &random))
        }
        takeOutbox()
        checkTopics()
    }

    private mutating func subscribe() {
        let type =
            [StreamType.metrics, .metrics, .processedMetrics, .alertEvents, .processedLogs, .containerLogs]
            .randomElement(using: &random) ?? .metrics
        let principal = principals.randomElement(using: &random) ?? .anonymousAdmin
        if random.chance(0.2) { _ = try? world.createSession(principal) }
        let sessions = world.store.sessions.filter { $0.principal.token == principal.token }
        let session = random.chance(0.4) ? sessions.randomElement(using: &random)?.id : nil
        let every = type.info.allowsEveryAgent && random.chance(0.3)
        let interval = [1_000, 2_000, 5_000].randomElement(using: &random) ?? 5_000
        let filters = [[], ["cpu"], ["load", "memory"]].randomElement(using: &random) ?? []
        let waits = random.chance(0.5)
        let agent = agents.randomElement(using: &random)?.id ?? AgentID("a1")
        _ = try? world.subscribe(
            type, agent: every ? .every : .one(agent), resource: type == .containerLogs ? "web" : "", session: session,
            principal: principal
        ) { config in
            config.interval = interval
            if type != .alertEvents { config.filters = filters }
            config.waitForAgent = waits
        }
    }

    private mutating func openSomething() {
        if random.chance(0.3), let session = world.store.sessions.randomElement(using: &random) {
            _ = try? world.connect(session.id)
        } else if let subscription = world.store.subscriptions.randomElement(using: &random) {
            _ = try? world.connect(subscription.id)
        }
    }

    private mutating func closeSomething() {
        guard let connection = randomConnection() else { return }
        world.disconnect(connection)
    }

    private mutating func deleteSomething() {
        if random.chance(0.2), let session = world.store.sessions.randomElement(using: &random) {
            world.perform { broker, now, actions in
                try? broker.delete(session.id, by: .anonymousAdmin, now, into: &actions)
            }
        } else if random.chance(0.05) {
            world.perform { broker, now, actions in
                broker.endToken(TokenName("all"), .tokenRevoked, now, into: &actions)
            }
        } else if let subscription = world.store.subscriptions.randomElement(using: &random) {
            if random.chance(0.3) {
                world.perform { broker, now, actions in broker.complete(subscription.id, now, into: &actions) }
            } else {
                try? world.delete(subscription.id)
            }
        }
    }

    private mutating func connectOrLoseAgent() {
        let index = Int.random(in: agents.indices, using: &random)
        if agents[index].isConnected, random.chance(0.5) {
            agents[index].disconnect()
            world.loseAgent(agents[index].id.text)
        } else {
            connectAgent(index)
        }
    }

    private mutating func connectAgent(_ index: Int) {
        agents[index].labels = random.chance(0.5) ? ["env": "prod"] : [:]
        agents[index].types = [.healthCheck, .metrics, .logAggregation]
        if random.chance(0.7) { agents[index].types.insert(.containerLogs) }
        if random.chance(0.2) { agents[index].types.remove(.metrics) }
        agents[index].connect()
        world.store.agents[agents[index].id] = agents[index].labels
        world.connectAgent(agents[index].id.text, labels: agents[index].labels, types: agents[index].types)
    }

    private mutating func exchangeWithAgent() {
        let index = Int.random(in: agents.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: agents[index].loseMessage()
        case 1: heartbeat(index)
        case 2:
            heartbeat(index)
            heartbeat(index)
        default: agents[index].receive()
        }
    }

    private mutating func heartbeat(_ index: Int) {
        guard agents[index].isConnected else { return }
        world.heartbeat(agents[index].id.text, applied: agents[index].applied)
    }

    private mutating func changeServerDemand() {
        if random.chance(0.4), let demand = world.store.serverDemands.randomElement(using: &random) {
            world.perform { broker, now, actions in
                try? broker.removeServerDemand(demand.id, for: .anonymousAdmin, now, into: &actions)
            }
            return
        }
        let agent = agents.randomElement(using: &random)?.id ?? AgentID("a1")
        let type: StreamType = random.chance(0.5) ? .metrics : .healthCheck
        var config = StreamConfig.defaults(for: type)
        config.interval = [700, 3_000, 40_000].randomElement(using: &random) ?? 700
        let id = ServerStreamID("srv_\(world.number())")
        world.perform { [config] broker, now, actions in
            _ = try? broker.putServerDemand(
                id, type: type, agent: agent, config: config, for: .anonymousAdmin, now, into: &actions)
        }
    }

    private mutating func changeTask() {
        if random.chance(0.5), let task = tasks.keys.sorted().randomElement(using: &random) {
            tasks[task] = nil
            world.perform { broker, now, actions in broker.taskEnded(task, now, into: &actions) }
            return
        }
        let task = TaskID("task_\(world.number())")
        let key = StreamKey(type: .shellOutput, agent: AgentID("a1"), resource: task.text)
        tasks[task] = key
        world.perform { broker, now, actions in broker.taskStarted(task, stream: key, now, into: &actions) }
    }

    private mutating func restart() {
        takeOutbox()
        world.restart()
        refs = [:]
        generations = [:]
        for index in agents.indices { agents[index].disconnect() }
        for task in tasks.keys.sorted() {
            guard let key = tasks[task] else { continue }
            world.perform { broker, now, actions in broker.taskStarted(task, stream: key, now, into: &actions) }
        }
    }

    // MARK: - Between broker and agents

    private mutating func takeOutbox() {
        for (agent, state) in world.outbox {
            check(state.generation >= generations[agent, default: 0], "the generation of \(agent) fell")
            generations[agent] = state.generation
            for stream in state.streams {
                let known = refs[agent, default: [:]].updateValue(stream.key, forKey: stream.ref)
                check(known == nil || known == stream.key, "ref \(stream.ref) of \(agent) was used again")
            }
            if let index = agents.firstIndex(where: { $0.id == agent }) {
                check(agents[index].isConnected, "\(agent) was told something while it was away")
                agents[index].inbox.append(state)
            }
        }
        world.outbox = []
    }

    /// Nothing happens any more; from now on messages arrive, and each agent sends one heartbeat in ten seconds.
    mutating func settle() {
        let heartbeats = agents.indices.map { _ in Int.random(in: 0..<10, using: &random) }
        for second in 0..<10 {
            for index in agents.indices where heartbeats[index] == second { heartbeat(index) }
            world.advance(1_000)
            takeOutbox()
            for index in agents.indices { while !agents[index].inbox.isEmpty { agents[index].receive() } }
        }
    }

    // MARK: - What should be

    mutating func checkSettled() {
        for agent in agents where agent.isConnected {
            let expected = expectedStreams(on: agent)
            check(agent.running == expected, "\(agent.id) runs \(agent.running), not \(expected)")
        }
        let counts = world.broker.counts
        check(counts.connections == world.connections.count, "connections neither ended nor alive")
        check(counts.views == world.openViews.count, "views were opened or closed in silence")
        check(counts.streams == world.startedStreams.count, "streams were started or stopped in silence")
        check(counts.subscriptions == world.store.subscriptions.count, "the store differs from what is subscribed")
        check(counts.sessions == world.store.sessions.count, "the store differs from the sessions")
        for task in tasks.values { check(world.broker.isDemanded(task), "a running task has no stream") }
    }

    /// Each connection reads every view that its subscriptions show, once, and each event once: no view of one agent
    /// beside a view of every agent that shows the same.
    private mutating func checkTopics() {
        let records = Dictionary(uniqueKeysWithValues: world.store.subscriptions.map { ($0.id, $0) })
        for (connection, state) in world.connections {
            let open = state.subscriptions.compactMap { records[$0] }
            let every = open.filter { $0.agent == .every }
            let expected = Set(open.filter { record in !every.contains { shows($0, record) } }.map(ViewKey.init))
            let read = state.topics.compactMap { world.openViews[$0]?.key }
            check(
                read.count == expected.count && Set(read) == expected, "\(connection) reads \(read), not \(expected)")
        }
    }

    /// Whether a subscription to every agent shows the events of one to a single agent that is known.
    private func shows(_ every: SubscriptionRecord, _ single: SubscriptionRecord) -> Bool {
        guard case .one(let id) = single.agent, let labels = world.store.agents[id] else { return false }
        return every.type == single.type && every.resource == single.resource
            && every.config.viewName(for: every.type) == single.config.viewName(for: single.type)
            && every.principal.scope.allows(id, labels: labels)
    }

    private func expectedStreams(on agent: ModelAgent) -> [StreamKey: DesiredConfig] {
        var wanted: [StreamKey: [DesiredConfig]] = [:]
        func want(_ type: StreamType, _ resource: String, _ config: DesiredConfig) {
            guard agent.types.contains(type) else { return }
            wanted[StreamKey(type: type, agent: agent.id, resource: resource), default: []].append(config)
        }
        let open = Set(world.connections.values.flatMap(\.subscriptions))
        for record in world.store.subscriptions where open.contains(record.id) && concerns(record, agent) {
            if let source = record.type.info.derivedFrom {
                let interval = source == .metrics ? record.config.interval : DesiredConfig.watchedLogInterval
                want(source, "", DesiredConfig(interval: interval))
            } else {
                want(record.type, record.resource, DesiredConfig(record.config, for: record.type))
            }
        }
        for demand in world.store.serverDemands where demand.agent == agent.id {
            want(demand.type, "", DesiredConfig(interval: demand.config.interval))
        }
        for demand in standing { want(demand.type, "", DesiredConfig(interval: demand.config.interval)) }
        return wanted.mapValues { all in
            let filters = all.contains { $0.filters.isEmpty } ? [] : Set(all.flatMap(\.filters)).sorted()
            return DesiredConfig(
                interval: all.map(\.interval).min() ?? 0, filters: filters, tail: all.first?.tail ?? 0)
        }
    }

    private func concerns(_ record: SubscriptionRecord, _ agent: ModelAgent) -> Bool {
        switch record.agent {
        case .one(let id): id == agent.id
        case .every: record.principal.scope.allows(agent.id, labels: agent.labels)
        }
    }

    // MARK: - The end

    /// Everybody leaves, by all ways there are; nothing may stay behind.
    mutating func tearDown() {
        while let connection = randomConnection() { world.disconnect(connection) }
        for (index, record) in world.store.subscriptions.enumerated() where index % 2 == 0 {
            try? world.delete(record.id)
        }
        for demand in world.store.serverDemands {
            world.perform { broker, now, actions in
                try? broker.removeServerDemand(demand.id, for: .anonymousAdmin, now, into: &actions)
            }
        }
        for task in tasks.keys.sorted() {
            world.perform { broker, now, actions in broker.taskEnded(task, now, into: &actions) }
        }
        world.advance(200_000)
        settle()
        for agent in agents where agent.isConnected {
            let expected = expectedStreams(on: agent)
            check(agent.running == expected, "\(agent.id) still runs \(agent.running)")
            world.loseAgent(agent.id.text)
        }
        let left = world.broker.counts
        check(left == BrokerCounts(), "left behind: \(left)")
        check(world.broker.views.feedCount == 0, "feeds without a view")
        check(world.broker.clients.tokenCount == 0, "tokens without subscriptions")
        check(world.broker.clients.kindCount == 0, "what subscriptions have in common, without subscriptions")
        check(world.broker.clients.viewOfEveryAgentCount == 0, "views of every agent without subscriptions")
        check(world.startedStreams.isEmpty && world.openViews.isEmpty, "what was started was not stopped")
    }

    private mutating func randomConnection() -> ConnectionID? {
        world.connections.keys.sorted { $0.number < $1.number }.randomElement(using: &random)
    }

    private mutating func check(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { violations.append(message()) }
    }
}
