import Model
import Synchronization
import Testing

@testable import Storage

@Suite struct PacingTests {
    let directory: TemporaryDirectory
    let task = TaskID("task_1")

    init() throws { directory = try TemporaryDirectory() }

    /// 8 segments of 1 MiB, in batches of 64 KiB: what may come before an acknowledgement is half of it.
    /// Nobody is slow in it, however slow the machine is.
    private func open() throws -> Store {
        try openStore(directory) {
            $0.output.retention = 8 << 20
            $0.output.stretchTime = 600_000
        }
    }

    /// What it is by default.
    private let limit = TaskOutputSettings().stretchTime

    private static let lineBytes = 1_024 - 28
    private static let linesPerBatch: UInt64 = 64
    private static let text = String(repeating: "x", count: lineBytes)

    /// Appends whole batches until one waits or there were `limit`. Returns how many were completed.
    private func flood(_ store: Store, from first: UInt64 = 1, limit: UInt64) async throws -> UInt64 {
        for index in 0..<limit {
            let seq = first + index * Self.linesPerBatch
            let isCompleted = Completed()
            store.output.append(.lines(seq...seq + Self.linesPerBatch - 1) { _ in Self.text }, to: task) { _ in
                isCompleted.set()
            }
            await store.output.flush()
            if !isCompleted.isSet { return index }
        }
        return limit
    }

    private final class Completed: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    @Test("without a reader nothing waits, and the oldest segments go")
    func nobody() async throws {
        let store = try open()
        #expect(try await flood(store, limit: 160) == 160)
        #expect(store.output.pacedTasks == 0)
        #expect(try #require(store.outputReader.available(task)).lowerBound > 1)
        await store.close()
    }

    @Test("a fast reader is waited for before it loses a line, and the task goes on when it has read on")
    func fastReader() async throws {
        let store = try open()
        #expect(try await flood(store, limit: 16) == 16)
        var position = OutputPosition(task: task)
        _ = try store.outputReader.read(&position, maximumBytes: 64 << 10)
        let before = try await flood(store, from: 16 * 64 + 1, limit: 200)
        #expect(before < 128, "it waits while all of it is there")
        #expect(store.output.pacedTasks == 1)
        #expect(store.outputReader.available(task)?.lowerBound == 1)
        let seen = try store.outputReader.rest(&position)
        #expect(seen.first == .line(64, Self.text) || seen.first == .line(65, Self.text))
        try await eventually("it goes on") { store.output.pacedTasks == 0 }
        await store.close()
    }

    @Test("a reader that has gone is not waited for")
    func gone() async throws {
        let store = try open()
        #expect(try await flood(store, limit: 16) == 16)
        do {
            var position = OutputPosition(task: task)
            _ = try store.outputReader.read(&position, maximumBytes: 64 << 10)
            #expect(try await flood(store, from: 16 * 64 + 1, limit: 200) < 128)
        }
        try await eventually("it goes on") { store.output.pacedTasks == 0 }
        await store.close()
    }

    @Test("the end of a task waits for nobody, and closing completes what waits")
    func ends() async throws {
        let store = try open()
        #expect(try await flood(store, limit: 16) == 16)
        var position = OutputPosition(task: task)
        _ = try store.outputReader.read(&position, maximumBytes: 64 << 10)
        let count = try await flood(store, from: 16 * 64 + 1, limit: 200)
        var batch = OutputBatch()
        let last = (16 + count + 1) * 64 + 1
        batch.appendFinal(OutputEnd(seq: last, status: .completed, exitCode: 0, time: at(1)))
        #expect(try await store.output.append(batch, to: task) == last)
        #expect(store.output.pacedTasks == 0)
        #expect(try store.outputReader.rest(&position).last == .final(last, .completed, 0))
        await store.close()
    }

    @Test("an agent that sends on without an acknowledgement is not waited for")
    func unruly() async throws {
        let store = try open()
        #expect(try await flood(store, limit: 16) == 16)
        var position = OutputPosition(task: task)
        _ = try store.outputReader.read(&position, maximumBytes: 64 << 10)
        var next = 16 * 64 + 1 + (try await flood(store, from: 16 * 64 + 1, limit: 200) + 1) * 64
        #expect(store.output.pacedTasks == 1)
        for _ in 0..<160 where store.output.pacedTasks == 1 {
            store.output.append(.lines(next...next + 63) { _ in Self.text }, to: task) { _ in }
            next += 64
            await store.output.flush()
        }
        #expect(store.output.pacedTasks == 0, "what it may send is long over")
        await store.close()
    }

    @Test("readers that come and do not read are waited for a moment now and then, however many they are")
    func newcomers() {
        let readers = OutputReaders()
        let start = MonotonicTime(nanoseconds: 0)
        func isAwaited(after time: Milliseconds) -> Bool {
            let reading = readers.begin(task, at: 1, now: start + time)
            return withExtendedLifetime(reading) { readers.isAwaited(task, before: 1_000, at: start + time) }
        }
        let (time, period) = (limit, OutputReaders.newcomerPeriod)
        #expect(isAwaited(after: 0) && isAwaited(after: time))
        #expect(!isAwaited(after: time + 1) && !isAwaited(after: period - 1))
        #expect(isAwaited(after: period) && isAwaited(after: period + time))
        #expect(!isAwaited(after: period + time + 1))
    }

    @Test("a reader that comes back and reads on is waited for again")
    func comesBack() {
        let readers = OutputReaders()
        func isAwaited(after time: Milliseconds) -> Bool {
            readers.isAwaited(task, before: 1_000, at: MonotonicTime.now() + time)
        }
        for seq in [1, 100, 200] as [UInt64] {
            let reading = readers.begin(task, at: seq)
            #expect(isAwaited(after: 0))
            reading.note(nextSeq: seq + 50, bytes: ReadingPace.stretchBytes)
        }
        let reading = readers.begin(task, at: 300)
        #expect(isAwaited(after: 0) && !isAwaited(after: limit + 1_000))
        readers.forget(task)
        #expect(isAwaited(after: 0), "a task that has ended leaves nothing")
        withExtendedLifetime(reading) {}
    }

    @Test("readers of an earlier life are expected back for a while")
    func expected() {
        let readers = OutputReaders()
        let start = MonotonicTime(nanoseconds: 0)
        readers.expect(task, from: 100, at: start)
        #expect(readers.isAwaited(task, before: 101, at: start))
        #expect(!readers.isAwaited(task, before: 100, at: start))
        #expect(!readers.isAwaited(TaskID("task_2"), before: 101, at: start))
        #expect(readers.isAwaited(task, before: 101, at: start + (OutputReaders.returnTime - 1)))
        #expect(!readers.isAwaited(task, before: 101, at: start + OutputReaders.returnTime))
        #expect(!readers.isAwaited(task, before: 101, at: start), "once over, it is forgotten")
    }

    @Test("a reader is fast by its last stretch and by the time it has been at this one")
    func pace() {
        func time(_ milliseconds: Milliseconds) -> MonotonicTime { MonotonicTime(nanoseconds: 0) + milliseconds }
        var pace = ReadingPace(seq: 1, at: time(0))
        #expect(pace.isFast(at: time(limit), limit), "it has only just begun")
        #expect(!pace.isFast(at: time(limit + 1), limit))
        pace.note(nextSeq: 10, bytes: ReadingPace.stretchBytes, at: time(limit + 500))
        #expect(pace.seq == 10)
        #expect(!pace.isFast(at: time(limit + 500), limit), "the stretch took too long")
        pace.note(nextSeq: 20, bytes: ReadingPace.stretchBytes, at: time(limit + 600))
        #expect(pace.isFast(at: time(limit + 600), limit) && pace.isFast(at: time(2 * limit + 600), limit))
        #expect(!pace.isFast(at: time(2 * limit + 601), limit))
    }
}
