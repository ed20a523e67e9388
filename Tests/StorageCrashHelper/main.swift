// Writes until it is killed, and prints what was acknowledged: `storage-crash-helper MODE DIRECTORY`. Each line of output
// is one write(2), so what has been printed was acknowledged before.

import Glibc
import Logging
import Model
import Storage

func acknowledge(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(1) }
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(64) }
var settings = StoreSettings(directory: arguments[2])
settings.logs.segmentLines = 300
settings.logs.batchDelay = 1
let store = try Store.open(settings, log: Logger(label: "helper"))

switch arguments[1] {
case "database":
    for number in 1... {
        let record = AuditRecord(
            time: WallTime(millisecondsSince1970: 1), actor: "helper", action: "\(number)", subject: "", peer: "",
            outcome: "ok")
        try await store.write([.record(record)])
        acknowledge("\(number)")
    }
case "output":
    let task = TaskID("task_crash")
    var seq: UInt64 = 0
    while true {
        var batch = OutputBatch()
        for _ in 0..<20 {
            seq += 1
            let text = Array("line \(seq) \(String(repeating: "x", count: Int(seq % 300)))".utf8)
            text.withUnsafeBytes {
                batch.appendLine(
                    seq: seq, stream: .stdout, time: WallTime(millisecondsSince1970: 1), text: $0)
            }
        }
        await withCheckedContinuation { continuation in
            store.output.append(batch, to: task) { result in
                guard case .success(let stored) = result else { exit(1) }
                acknowledge("\(stored)")
                continuation.resume()
            }
        }
    }
case "logs":
    // Goes on where the life before ended; several batches are on their way at any time.
    let agent = AgentID("crash")
    var seq = store.logs.positions().first?.seq ?? 0
    while true {
        let last = await withTaskGroup(of: UInt64.self) { group in
            for _ in 0..<4 {
                let lines = (1...7).map { offset in
                    LogRecord(
                        time: WallTime(millisecondsSince1970: Int64(seq) + offset), agent: agent, level: .info,
                        component: "helper", message: "line \(Int64(seq) + offset)")
                }
                seq += 7
                let event = SystemEvent(
                    time: WallTime(millisecondsSince1970: Int64(seq)), agent: agent, kind: "login", severity: .info,
                    message: "\(seq)")
                let position = StreamPosition(agent: agent, type: .logAggregation, origin: 1, seq: seq)
                let batch = LogBatch(lines: lines, events: [event], position: position)
                let stored: UInt64 = seq
                // Here and not in the task: the order of appending is the order of the stream.
                let outcome = AsyncStream<UInt64> { continuation in
                    store.logs.append(batch) { result in
                        guard case .success = result else { exit(1) }
                        continuation.yield(stored)
                        continuation.finish()
                    }
                }
                group.addTask { await outcome.first { _ in true } ?? 0 }
            }
            var last: UInt64 = 0
            for await stored in group { last = max(last, stored) }
            return last
        }
        acknowledge("\(last)")
    }
default: exit(64)
}
