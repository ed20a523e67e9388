import Logging
import Model
import Service
import Storage
import TestSupport
import Testing

@testable import Hub

@Suite struct TaskTextTests {
    /// A store in a directory of its own, with one task's output.
    private func withTask(_ batch: OutputBatch, _ body: (TaskOutputReader) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store.open(StoreSettings(directory: directory.path), log: log)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            store.output.append(batch, to: TaskID("task_1")) { continuation.resume(with: $0.map { _ in }) }
        }
        try await body(store.outputReader)
        await store.close()
    }

    private func line(_ seq: UInt64, _ text: String, _ stream: OutputStream = .stdout, isTruncated: Bool = false)
        -> (inout OutputBatch) -> Void
    {
        { batch in
            Array(text.utf8).withUnsafeBytes {
                batch.appendLine(
                    seq: seq, stream: stream, isTruncated: isTruncated, time: EventWriterTests.time, text: $0)
            }
        }
    }

    private func batch(_ parts: [(inout OutputBatch) -> Void]) -> OutputBatch {
        var batch = OutputBatch()
        for part in parts { part(&batch) }
        return batch
    }

    @Test("output reads as it was printed: both streams in order, split lines joined, holes named, no final marker")
    func text() async throws {
        let output = batch([
            line(1, "one"), line(2, "oops", .stderr), line(3, "long ", isTruncated: true), line(4, "line"),
            { $0.appendGap(5...7, time: EventWriterTests.time) }, line(8, ""),
            { $0.appendFinal(OutputEnd(seq: 9, status: .completed, exitCode: 0, time: EventWriterTests.time)) },
        ])
        try await withTask(output) { reader in
            let text = try await TaskText.read(TaskID("task_1"), from: reader, maximumBytes: 1 << 20)
            #expect(!text.isTruncated)
            #expect(
                String(decoding: text.bytes, as: UTF8.self)
                    == "one\noops\nlong line\n[3 lines are missing: 5 to 7]\n\n")
        }
    }

    @Test("long output ends at the limit, and says so")
    func limit() async throws {
        let long = String(repeating: "x", count: 1_000)
        try await withTask(batch((1...2_000).map { line($0, long) })) { reader in
            let text = try await TaskText.read(TaskID("task_1"), from: reader, maximumBytes: 300_000)
            #expect(text.isTruncated)
            #expect((300_000...600_000).contains(text.bytes.count))
            let all = try await TaskText.read(TaskID("task_1"), from: reader, maximumBytes: 1 << 24)
            #expect(!all.isTruncated && all.bytes.count == 2_000 * 1_001)
        }
    }

    @Test("a task that has printed nothing has an empty text")
    func empty() async throws {
        try await withTask(batch([line(1, "of another task")])) { reader in
            let text = try await TaskText.read(TaskID("task_2"), from: reader, maximumBytes: 100)
            #expect(text.bytes.isEmpty && !text.isTruncated)
        }
    }
}
