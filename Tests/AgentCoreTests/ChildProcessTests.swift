import Glibc
import Reactor
import Testing

@testable import AgentCore

@Suite("Commands that are let go before their end")
struct ChildProcessTests {
    @Test("are reaped when they have ended, whether they were killed or end by themselves", arguments: [true, false])
    func reaped(isKilled: Bool) async throws {
        let loop = try EventLoop(name: "test")
        let pid = try await loop.run { () -> Int32 in
            let command = isKilled ? "sleep 60" : "sleep 0.2"
            let process = try ChildProcess(
                loop: loop, arguments: ["bash", "-c", command].map { Array($0.utf8) }, environment: [], directory: "/")
            try process.start(.init(output: { _, _ in }, endOfOutput: { _ in }, exit: { _ in }))
            if isKilled { process.kill() }
            process.release()
            return process.pid
        }
        // A zombie has its directory still.
        try await eventually("nothing of it is left") { access("/proc/\(pid)", F_OK) != 0 }
        loop.stop()
    }
}
