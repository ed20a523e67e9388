import Logging
import Model
import Storage
import TestSupport
import Testing

@testable import Hub

@Suite struct TaskReplayTests {
    private let task = TaskID("task_1")
    private static let text = String(repeating: "x", count: 1_000)

    /// 64 lines of a kilobyte.
    private func append(_ batch: UInt64, to store: Store) async {
        var lines = OutputBatch()
        for seq in batch * 64 + 1...batch * 64 + 64 {
            Array(Self.text.utf8).withUnsafeBytes { text in
                lines.appendLine(
                    seq: seq, stream: .stdout, time: WallTime(millisecondsSince1970: 1), text: text)
            }
        }
        store.output.append(lines, to: task) { _ in }
        while store.outputReader.stored(task).lastSeq < batch * 64 + 64 { await Task.yield() }
    }

    @Test("whoever reads live does not hold up the command as a reader of its file")
    func live() async throws {
        let directory = try TemporaryDirectory()
        var settings = StoreSettings(directory: directory.path)
        settings.output.retention = 8 << 20
        let store = try Store.open(settings, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await append(0, to: store)
        var replay = TaskReplay(
            task: task, agent: AgentID("agent1"), topic: 1, subscription: SubscriptionID("sub_1"),
            prefix: try TestView.prefix(.shellOutput, resource: task.text), after: nil, logAfter: 64, liveAfter: 64,
            label: nil,
            opening: [])
        while case .more = replay.step(store.outputReader, maximumBytes: 1 << 20).next {}
        #expect(replay.next == 65)
        replay.goLive()
        #expect(replay.next == 65 && replay.meets(nil))
        for batch in 1...160 as ClosedRange<UInt64> {
            await append(batch, to: store)
            try await eventually("batch \(batch) waits for nobody", within: .seconds(2)) {
                store.output.pacedTasks == 0
            }
        }
        withExtendedLifetime(replay) {}
        await store.close()
    }
}
