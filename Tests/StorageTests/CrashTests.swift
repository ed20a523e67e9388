import GRDB
import Glibc
import Model
import Storage
import Testing

/// A process of its own writes, says what was acknowledged, and is killed in the middle of it.
@Suite(.serialized) struct CrashTests {
    @Test("kill -9 loses no acknowledged write of the database", arguments: 0..<5)
    func database(round: Int) async throws {
        let directory = try TemporaryDirectory()
        let acknowledged = try runUntilKilled("database", directory, after: 50 + round * 37)
        let store = try openStore(directory)
        let stored = try await store.audit(limit: 1_000_000).map { Int($0.action) ?? 0 }
        #expect(stored.count >= acknowledged)
        #expect(stored == (1...max(1, stored.count)).reversed(), "no holes, nothing twice")
        await store.close()
    }

    @Test("kill -9 loses no acknowledged line of output, and leaves no torn one", arguments: 0..<5)
    func output(round: Int) async throws {
        let directory = try TemporaryDirectory()
        let acknowledged = try runUntilKilled("output", directory, after: 20 + round * 53)
        let store = try openStore(directory)
        let task = TaskID("task_crash")
        let last = store.outputReader.stored(task).lastSeq
        #expect(last >= UInt64(acknowledged))
        let available = try #require(store.outputReader.available(task))
        let items = try store.outputReader.all(task, from: available.lowerBound)
        #expect(
            items == available.map { .line($0, "line \($0) \(String(repeating: "x", count: Int($0 % 300)))") })
        #expect(try await store.output.append(.lines((last + 1)...(last + 1)), to: task) == last + 1)
        await store.close()
    }

    @Test(
        "kill -9, ten times: no acknowledged line of the logs is missing, none is there twice, and the position is theirs"
    )
    func logs() async throws {
        let directory = try TemporaryDirectory()
        var before = 0
        for round in 0..<10 {
            let acknowledged = try runUntilKilled("logs", directory, after: 5 + round * 7)
            let store = try openStore(directory)
            let lines = try await store.logs.history(of: LogQuery()).map(\.record.message)
            #expect(lines.count >= acknowledged && lines.count >= before)
            #expect(lines == (0..<lines.count).map { "line \($0 + 1)" }, "no holes, nothing twice")
            #expect(store.logs.positions().map(\.seq) == [UInt64(lines.count)])
            let found = try await store.logs.search(LogQuery(), offset: 0, limit: 3)
            #expect(found.total == lines.count && found.lines.map(\.message) == lines.suffix(3).reversed())
            var query = LogQuery()
            query.text = "line"
            #expect(try await store.logs.search(query, offset: 0, limit: 1).total == lines.count, "words too")
            let events = try await store.logs.systemEvents(
                SystemEventQuery(agent: AgentID("crash")), offset: 0, limit: 1)
            #expect(events.total == lines.count / 7)
            before = lines.count
            await store.close()
        }
    }

    /// Returns the last number that the helper printed.
    private func runUntilKilled(_ mode: String, _ directory: TemporaryDirectory, after lines: Int) throws -> Int {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let helper = try spawn([try helperPath(), mode, directory.path], output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        var text: [UInt8] = []
        var isKilled = false
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count <= 0 { break }
            text += buffer[..<count]
            if !isKilled, text.count(where: { $0 == UInt8(ascii: "\n") }) >= lines {
                kill(helper, SIGKILL)
                isKilled = true
            }
        }
        var status: Int32 = 0
        waitpid(helper, &status, 0)
        try #require(status & 0x7F == SIGKILL, "the helper ended by itself")
        let whole = text[..<(text.lastIndex(of: UInt8(ascii: "\n")) ?? 0)]
        return Int(String(decoding: whole.split(separator: UInt8(ascii: "\n")).last ?? [], as: UTF8.self)) ?? 0
    }

    /// Built beside the tests.
    private func helperPath() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        let executable = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        let path = executable.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/storage-crash-helper"
        try #require(access(path, X_OK) == 0, "\(path)")
        return path
    }

    private func spawn(_ arguments: [String], output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var process: pid_t = 0
        try #require(posix_spawn(&process, arguments[0], &actions, nil, pointers, nil) == 0)
        return process
    }
}
