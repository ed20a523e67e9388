import Glibc
import Model
import Storage
import Synchronization
import Testing

@Suite struct WriterTests {
    private static func audit(_ action: String) -> AuditRecord {
        AuditRecord(time: at(1), actor: "a", action: action, subject: "s", peer: "p", outcome: "ok")
    }

    @Test("writes come out in the order in which they went in")
    func order() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        for number in 0..<5_000 { store.enqueue(.record(Self.audit("\(number)"))) }
        try await store.write([.record(Self.audit("last"))])
        let actions = try await store.audit(limit: 10_000).map(\.action)
        #expect(actions == ["last"] + (0..<5_000).reversed().map(String.init))
        #expect(store.counters.written == 5_001)
        #expect(store.counters.transactions < 1_000)
        await store.close()
    }

    @Test("from many threads, every awaited write is stored")
    func concurrency() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask { try await store.write([.record(Self.audit("\(number)"))]) }
            }
            try await group.waitForAll()
        }
        #expect(Set(try await store.audit(limit: 1_000).map(\.action)).count == 500)
        await store.close()
    }

    @Test("at the bound of the queue awaited writes throw and others are counted")
    func bound() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.queueCapacity = 10
            $0.batchDelay = 60_000
        }
        for number in 0..<25 { store.enqueue(.record(Self.audit("\(number)"))) }
        #expect(store.queued == 10)
        #expect(store.counters.droppedFull == 15)
        await #expect(throws: StoreError.queueFull) { try await store.write([.record(Self.audit("x"))]) }
        await store.flush()
        #expect(try await store.audit(limit: 100).count == 10)
        await store.close()
    }

    @Test("one impossible write takes no other of its batch with it")
    func refusal() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) { $0.batchDelay = 60_000 }
        let tokens = try await TokenDirectory(store: store, digest: TokenTests.digest)
        let token = TokenRecord(name: TokenName("a"), role: .viewer, digest: [1], created: at(1))
        try await tokens.create(token)
        for number in 0..<10 { store.enqueue(.record(Self.audit("\(number)"))) }
        let refused = Task { try await tokens.create(token) }
        await #expect(throws: StoreError.alreadyExists("token a")) { try await refused.value }
        await store.flush()
        #expect(try await store.audit(limit: 100).count == 10)
        #expect(store.counters.refused == 1)
        #expect(store.health == .healthy)
        await store.close()
    }

    @Test("after close everything is refused")
    func closed() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        await store.close()
        await #expect(throws: StoreError.closed) { try await store.write([.record(Self.audit("x"))]) }
        await #expect(throws: StoreError.closed) { try await store.audit(limit: 1) }
        await #expect(throws: StoreError.closed) { try await store.output.append(.lines(1...1), to: TaskID("task_1")) }
    }

    @Test("the audit log is bounded by age and count")
    func auditRetention() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.auditMaximumCount = 1_500
            $0.auditRetention = 1_000
        }
        let writes = (1...4_000).map { number in
            var record = Self.audit("\(number)")
            record.time = at(Int64(number))
            return StoreWrite.record(record)
        }
        try await store.write(writes)
        await store.runMaintenance(at: at(1_000))
        #expect(try await store.audit(limit: 10_000).map(\.action) == (2_501...4_000).reversed().map(String.init))
        await store.runMaintenance(at: at(4_901))
        #expect(try await store.audit(limit: 10_000).count == 100)
        await store.close()
    }

    @Test("finished tasks leave with their files when their time is over")
    func taskLifetime() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.taskLifetime = 1_000
            $0.maintenanceInterval = 3_600_000  // none but this one, however slow the machine is
        }
        for number in 1...120 {
            var task = TaskRecord(
                id: TaskID("task_\(number)"), agent: AgentID("a"), operation: .shell, command: "x",
                status: .completed, timeout: 1, createdAt: at(1))
            task.finishedAt = number == 120 ? nil : at(Int64(number))
            try await store.write([.save(task)])
            try await store.output.append(.lines(1...3), to: task.id)
        }
        await store.runMaintenance(at: at(1_101))
        #expect(try await store.tasks(TaskQuery()).tasks.map(\.id.text).sorted().count == 20)
        #expect(Files.names(in: "\(directory.path)/tasks").count == 20)
        #expect(try store.outputReader.all(TaskID("task_1")).isEmpty)
        #expect(try store.outputReader.all(TaskID("task_120")).count == 3)
        await store.close()
    }

    @Test("output without a task leaves when its time is over")
    func orphans() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.taskLifetime = 1_000
            $0.maintenanceInterval = 3_600_000  // none but this one, however slow the machine is
        }
        try await store.output.append(.lines(1...3), to: TaskID("task_orphan"))
        var task = TaskRecord(
            id: TaskID("task_known"), agent: AgentID("a"), operation: .shell, command: "x", status: .inProgress,
            timeout: 1, createdAt: at(1))
        task.startedAt = at(2)
        try await store.write([.save(task)])
        try await store.output.append(.lines(1...3), to: task.id)
        await store.runMaintenance(at: at(5))
        #expect(Files.names(in: "\(directory.path)/tasks") == ["task_known", "task_orphan"])
        await store.runMaintenance(at: at(.max / 2))
        #expect(Files.names(in: "\(directory.path)/tasks") == ["task_known"])
        await store.close()
    }
}
