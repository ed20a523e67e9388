import GRDB
import Glibc
import Model
import Storage
import Synchronization
import Testing

@Suite struct OpeningTests {
    private func setUp(_ sql: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try DatabaseQueue(path: "\(directory.path)/sluice.db").write { try $0.execute(sql: sql) }
        return directory
    }

    @Test("a file of a newer program is refused, and left as it is")
    func newerSchema() throws {
        let directory = try setUp("CREATE TABLE future (x); PRAGMA user_version = 7777")
        let file = "\(directory.path)/sluice.db"
        #expect(throws: StoreError.newerSchema(file: file, found: 7_777, known: 4)) { try openStore(directory) }
        #expect(throws: StoreError.newerSchema(file: file, found: 7_777, known: 4)) {
            try TokenFile(directory: directory.path)
        }
        let tables = try DatabaseQueue(path: file).read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_master")
        }
        #expect(tables == ["future"])
    }

    @Test("a file that is no database is named, with what to do")
    func notADatabase() throws {
        let directory = try TemporaryDirectory()
        try Files.write(Array(repeating: UInt8(ascii: "x"), count: 8_192), to: "\(directory.path)/sluice.db")
        let error = #expect(throws: StoreError.self) { try openStore(directory) }
        #expect(error?.description.contains("\(directory.path)/sluice.db is damaged") == true)
        #expect(error?.description.contains("restore the file from a backup") == true)
    }

    @Test("a damaged schema is named, with what to do")
    func damagedSchema() async throws {
        let directory = try TemporaryDirectory()
        await (try openStore(directory)).close()
        let file = "\(directory.path)/sluice.db"
        var bytes = try Files.read(file)
        for index in 100..<4_096 { bytes[index] = 0xA5 }
        try Files.write(bytes, to: file)
        let error = #expect(throws: StoreError.self) { try openStore(directory) }
        guard case .corrupt? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a directory that cannot be made is named")
    func noDirectory() throws {
        let directory = try TemporaryDirectory()
        try Files.write([1], to: "\(directory.path)/file")
        let error = #expect(throws: StoreError.self) {
            try Store.open(StoreSettings(directory: "\(directory.path)/file/data"), log: quietLog())
        }
        #expect(
            error?.description.contains("cannot be opened: Not a directory") == true, "\(String(describing: error))")
    }
}

@Suite struct DirectoryTests {
    @Test("a second gateway is kept out until the first has closed")
    func lock() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let error = #expect(throws: StoreError.self) { try openStore(directory) }
        #expect(error?.description.contains("another gateway is running with this data directory") == true)
        await store.close()
        await (try openStore(directory)).close()
    }

    @Test("the files are for their user alone, whatever the directory's mode is")
    func modes() async throws {
        let directory = try TemporaryDirectory()
        chmod(directory.path, 0o755)
        let store = try openStore(directory)
        try await store.output.append(.lines(1...1), to: TaskID("task_1"))
        for path in ["sluice.db", "sluice.db-wal", "tasks", "tasks/task_1", "lock"] {
            var status = stat()
            #expect(stat("\(directory.path)/\(path)", &status) == 0)
            #expect(status.st_mode & 0o077 == 0, "\(path)")
        }
        await store.close()
    }
}

/// Needs the right to mount; elsewhere these are skipped.
@Suite(.enabled(if: SmallDisk.isPossible)) struct FullDiskTests {
    @Test("on a full disk the store says so, keeps what matters, and recovers by itself")
    func database() async throws {
        let disk = try SmallDisk(kibibytes: 1_024)
        var settings = StoreSettings(directory: disk.path)
        settings.retryMinimum = 10
        settings.retryMaximum = 50
        let store = try Store.open(settings, log: quietLog())
        let agent = AgentRecord(
            id: AgentID("a"), hostname: "", version: "", address: "", labels: [:], capabilities: [], firstSeen: at(1),
            lastSeen: at(1))
        try await store.write([.save(agent)])
        let changes = Mutex<[StoreHealth]>([])
        store.observeHealth { health in changes.withLock { $0.append(health) } }
        try await eventually("the observer knows the state") { changes.withLock { $0 } == [.healthy] }

        disk.fill()
        let large = TimedBlob(time: at(2), bytes: [UInt8](repeating: 1, count: 200_000))
        await #expect(throws: StoreError.self) { try await store.write([.systemInfo(large, of: agent.id)]) }
        guard case .degraded(.unavailable) = store.health else {
            Issue.record("\(store.health)")
            return
        }
        #expect(store.counters.degradations == 1)
        store.enqueue(.seen(agent.id, at: at(3)))
        #expect(store.counters.droppedDegraded == 1)
        for number in 0..<500 {
            let task = TaskRecord(
                id: TaskID("task_\(number)"), agent: agent.id, operation: .shell,
                command: String(repeating: "c", count: 500), status: .created, timeout: 1, createdAt: at(1))
            store.enqueue(.save(task))
        }
        #expect(try await store.agents() == [agent], "reading goes on")

        disk.empty()
        try await eventually("the store works again") { store.health == .healthy }
        await store.flush()
        #expect(try await store.unfinishedTasks().count == 500, "what matters was kept")
        try await store.write([.systemInfo(large, of: agent.id)])
        try await eventually("the observer knows") { changes.withLock { $0.last == .healthy && $0.count >= 3 } }
        await store.close()
    }

    @Test("output waits for a full disk, in its order, without loss")
    func output() async throws {
        let disk = try SmallDisk(kibibytes: 2_048)
        var settings = StoreSettings(directory: disk.path)
        settings.retryMinimum = 10
        settings.retryMaximum = 50
        settings.output.queueBytes = 100_000
        let store = try Store.open(settings, log: quietLog())
        let task = TaskID("task_1")
        try await store.output.append(.lines(1...10), to: task)
        disk.fill()
        let stored = Mutex<[UInt64]>([])
        var last: UInt64 = 10
        for _ in 0..<10 {
            let batch = OutputBatch.lines((last + 1)...(last + 20)) { "\($0)" + String(repeating: "x", count: 200) }
            store.output.append(batch, to: task) { result in
                if case .success(let seq) = result { stored.withLock { $0.append(seq) } }
            }
            last += 20
        }
        try await eventually("the log is degraded") { store.output.health != .healthy }
        #expect(store.health != .healthy)
        let refused = OutputBatch.lines(1_000...1_300) { _ in String(repeating: "y", count: 300) }
        await #expect(throws: StoreError.queueFull) { try await store.output.append(refused, to: task) }
        #expect(store.output.counters.refusedFull == 1)

        disk.empty()
        try await eventually("everything is stored") { stored.withLock { $0.last } == last }
        #expect(store.output.health == .healthy)
        let seqs = try store.outputReader.all(task).map { item in
            if case .line(let seq, _) = item { seq } else { 0 as UInt64 }
        }
        #expect(seqs == Array(1...last))
        await store.close()
    }
}

/// A file system of its own that a test can fill.
final class SmallDisk {
    let path: String

    static let isPossible: Bool = (try? SmallDisk(kibibytes: 64)) != nil

    init(kibibytes: Int) throws {
        var template = Array("/tmp/sluice-disk-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.closed }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            rmdir(path)
            throw StoreError.closed
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    func fill() {
        let descriptor = open("\(path)/filler", O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4_096)
        while write(descriptor, block, block.count) > 0 {}
    }

    func empty() { unlink("\(path)/filler") }
}
