import Model
import Storage
import Testing

@Suite struct RecordTests {
    static let principal = Principal(
        token: TokenName("ci"), role: .operator,
        scope: AgentScope(agents: ["web1", "web2"], labels: ["site": "fra", "ünïcode": "\"quoted\""]), expires: at(99))

    static var config: StreamConfig {
        var config = StreamConfig()
        config.interval = 1_234
        config.filters = ["cpu", "memory.usage_percent"]
        config.bufferSize = 7
        config.snapshot = true
        config.includeTrends = false
        config.alertLevels = ["critical"]
        config.includeRawOutput = false
        config.statusUpdatesOnly = true
        config.levels = ["ERROR"]
        config.query = "level:\"x\""
        config.since = 60_000
        config.all = true
        config.tail = 3
        config.waitForAgent = true
        return config
    }

    @Test("every part of a stream configuration is kept")
    func configurationHasAllFields() {
        // A new field of StreamConfig fails here until it is given another value above, and kept.
        let defaults = Mirror(reflecting: StreamConfig()).children
        // Subscriptions of the other format end with their connections, and are not stored.
        for (changed, original) in zip(Mirror(reflecting: Self.config).children, defaults)
        where changed.label != "format" {
            #expect("\(changed.value)" != "\(original.value)", "\(changed.label ?? "") is not tested")
        }
    }

    @Test("subscriptions, sessions and demands come back as they were, replaced and removed ones too")
    func streams() async throws {
        let directory = try TemporaryDirectory()
        let one = SubscriptionRecord(
            id: SubscriptionID("sub_1"), type: .metrics, agent: .one(AgentID("web1")), resource: "r",
            config: Self.config, session: SessionID("ses_1"), principal: Self.principal, createdAt: at(5))
        var every = SubscriptionRecord(
            id: SubscriptionID("sub_2"), type: .alertEvents, agent: .every, resource: "", config: StreamConfig(),
            session: nil, principal: .anonymousAdmin, createdAt: at(6))
        let session = SessionRecord(id: SessionID("ses_1"), principal: Self.principal, createdAt: at(7))
        let demand = ServerDemand(
            id: ServerStreamID("srv_1"), type: .metrics, agent: AgentID("web1"), config: Self.config, startedAt: at(8))

        var store = try openStore(directory)
        try await store.write([.save(one), .save(every), .save(session), .save(demand)])
        await store.close()

        store = try openStore(directory)
        #expect(try await store.subscriptions().sorted { $0.id < $1.id } == [one, every])
        #expect(try await store.sessions() == [session])
        #expect(try await store.serverDemands() == [demand])
        every.config.interval = 9_000
        store.enqueue([.save(every), .remove(one.id), .remove(session.id), .remove(demand.id)])
        await store.close()

        store = try openStore(directory)
        #expect(try await store.subscriptions() == [every])
        #expect(try await store.sessions().isEmpty)
        #expect(try await store.serverDemands().isEmpty)
        await store.close()
    }

    @Test("an agent keeps its last values when it comes back, and its first time")
    func agents() async throws {
        let directory = try TemporaryDirectory()
        var agent = AgentRecord(
            id: AgentID("web1"), hostname: "h", version: "1", address: "127.0.0.1:5", labels: ["a": "b"],
            capabilities: ["metrics", "shell"], firstSeen: at(1), lastSeen: at(2))
        let metrics = TimedBlob(time: at(3), bytes: [0, 255, 1]), info = TimedBlob(time: at(4), bytes: [])
        var store = try openStore(directory)
        try await store.write([.save(agent), .lastMetrics(metrics, of: agent.id), .systemInfo(info, of: agent.id)])
        await store.close()

        store = try openStore(directory)
        agent.hostname = "renamed"
        agent.firstSeen = at(50)
        try await store.write([.save(agent), .seen(agent.id, at: at(60)), .seen(AgentID("unknown"), at: at(60))])
        agent.firstSeen = at(1)
        agent.lastSeen = at(60)
        agent.lastMetrics = metrics
        agent.systemInfo = info
        #expect(try await store.agents() == [agent])
        await store.close()
    }

    @Test("tasks are found by id, agent, status and page")
    func tasks() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        var records = (1...30).map { number in
            TaskRecord(
                id: TaskID("task_\(number)"), agent: AgentID(number % 2 == 0 ? "even" : "odd"), operation: .shell,
                command: "echo \(number)", status: .inProgress, timeout: 300_000, createdAt: at(Int64(number)))
        }
        records[0].deploymentID = "d"
        records[0].status = .failed
        records[0].reason = "agent_lost"
        records[0].startedAt = at(2)
        records[0].finishedAt = at(3)
        records[0].exitCode = -1
        records[0].cancelRequested = true
        records[0].lineCount = 12
        records[0].byteCount = .max
        records[0].finalSeq = 13
        try await store.write(records.map { .save($0) })
        records[0].byteCount = UInt64(Int64.max)  // as much as the column holds

        #expect(try await store.task(TaskID("task_1")) == records[0])
        #expect(try await store.task(TaskID("task_99")) == nil)
        #expect(try await store.unfinishedTasks().count == 29)

        var query = TaskQuery()
        query.agent = AgentID("odd")
        query.limit = 4
        query.offset = 2
        var page = try await store.tasks(query)
        #expect(page.total == 15)
        #expect(page.tasks.map(\.id.text) == ["task_25", "task_23", "task_21", "task_19"])
        query = TaskQuery()
        query.status = .failed
        page = try await store.tasks(query)
        #expect(page.tasks == [records[0]])
        query = TaskQuery()
        query.agents = [AgentID("even"), AgentID("other")]
        #expect(try await store.tasks(query).total == 15)
        query.agents = []
        #expect(try await store.tasks(query).total == 0)
        await store.close()
    }

    @Test("the epoch rises with every start")
    func epoch() async throws {
        let directory = try TemporaryDirectory()
        for expected in 1...3 as ClosedRange<UInt64> {
            let store = try openStore(directory)
            #expect(store.epoch == expected)
            await store.close()
        }
    }

    @Test("20 000 subscriptions are written in one go")
    func manySubscriptions() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let records = (0..<20_000).map { number in
            SubscriptionRecord(
                id: SubscriptionID("sub_\(number)"), type: .metrics, agent: .one(AgentID("a\(number % 100)")),
                resource: "", config: StreamConfig(), session: nil, principal: Self.principal, createdAt: at(1))
        }
        var start = ContinuousClock.now
        for record in records { store.enqueue(.save(record)) }
        await store.flush()
        print("figure: 20 000 subscriptions enqueued and stored in \(ContinuousClock.now - start)")
        #expect(store.counters.written == 20_000)
        #expect(store.counters.transactions < 200)
        start = ContinuousClock.now
        #expect(try await store.subscriptions().count == 20_000)
        print("figure: 20 000 subscriptions read in \(ContinuousClock.now - start)")
        await store.close()
    }
}
