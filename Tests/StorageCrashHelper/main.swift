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
let store = try Store.open(StoreSettings(directory: arguments[2]), log: Logger(label: "helper"))

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
default: exit(64)
}
