import Glibc
import Testing

@testable import AgentCore

@Suite("Tasks of an agent", .serialized)
struct TaskTests {
    @Test("a command's output comes line by line, its end with the exit code")
    func output() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "echo one; echo two >&2; printf three; exit 3")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            let task = gateway.task("t1")
            #expect(Set(task.texts) == ["one", "two", "three"] && task.lines.map(\.seq) == [1, 2, 3])
            #expect(task.lines.first { $0.text == "two" }?.isError == true)
            #expect(task.finals == [final(exitCode: 3, seq: 4)])
        }
    }

    @Test("a command that succeeds is completed")
    func success() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "true")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").finals == [final(completed: true, exitCode: 0, seq: 1)])
        }
    }

    @Test("a line arrives within 100 ms of being printed")
    func latency() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            // The pauses are long enough that one that waited for the next, or for the end, would be late.
            try await gateway.runShell("t1", "for i in 1 2 3 4 5; do date +%s%N; sleep 0.3; done")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            var delays: [Int64] = []
            for line in gateway.task("t1").lines {
                let printed = try #require(Int64(line.text))
                delays.append(Int64(line.receivedAt) - printed)
            }
            #expect(delays.count == 5)
            // On a busy machine some are late; if lines were kept back, all of them would be.
            #expect(delays.contains { $0 < 100_000_000 })
            #expect(delays.allSatisfy { $0 < 5_000_000_000 })
        }
    }

    @Test("commands have their own process group, no input, a home and no descriptors of the agent")
    func environment() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            let command =
                "cut -d' ' -f5 /proc/$$/stat; echo $$; readlink /proc/$$/fd/0; test -d \"$HOME\" && echo home; "
                + "n=0; while [ $n -lt 256 ]; do test -e /proc/$$/fd/$n && printf '%s ' $n; n=$((n + 1)); done; "
                + "grep -E 'SigBlk|SigIgn' /proc/$$/status"
            try await gateway.runShell("t1", command)
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            let lines = gateway.task("t1").texts
            try #require(lines.count == 6)
            #expect(lines[0] == lines[1])
            #expect(lines[2] == "/dev/null" && lines[3] == "home")
            #expect(lines[4] == "0 1 2 SigBlk:\t0000000000000000")
            // The C library keeps 32 and 33 to itself.
            let ignored = try #require(UInt64(lines[5].dropFirst("SigIgn:\t".count), radix: 16))
            #expect(ignored & ~0x1_8000_0000 == 0)
        }
    }

    @Test("a task that is not allowed, or that makes no sense, ends without having run")
    func refused() async throws {
        try await withAgent({ $0.allowedTasks = ["docker"] }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            #expect(gateway.state.hellos[0].taskKinds.isEmpty)
            try await gateway.runShell("t1", "echo no")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").finals == [final(reason: "not_allowed", seq: 1)])
        }
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t2", [UInt8(ascii: "a"), 0, UInt8(ascii: "b")])
            try await eventually("the end") { !gateway.task("t2").finals.isEmpty }
            #expect(gateway.task("t2").finals == [final(reason: "invalid_command", seq: 1)])
            try await gateway.runShell("t3", [UInt8](repeating: UInt8(ascii: ":"), count: 300_000))
            try await eventually("the end") { !gateway.task("t3").finals.isEmpty }
            #expect(gateway.task("t3").finals == [final(reason: "spawn_failed", seq: 1)])
        }
    }

    @Test("a task is started once, however often it is asked for")
    func once() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            for _ in 0..<3 { try await gateway.runShell("t1", "echo run; sleep 0.2") }
            try await eventually("the end") { gateway.task("t1").finalIsStored }
            try await gateway.runShell("t1", "echo again")
            try await gateway.runShell("t2", "true")
            try await eventually("the other's end") { gateway.task("t2").finalIsStored }
            #expect(gateway.task("t1").texts == ["run"] && gateway.task("t1").finals.count == 1)
        }
    }

    @Test("at most 64 commands run at one time")
    func tooMany() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            for number in 1...65 { try await gateway.runShell("t\(number)", "sleep 30") }
            try await eventually("the refusal") { !gateway.task("t65").finals.isEmpty }
            #expect(gateway.task("t65").finals.first?.reason == "too_many_tasks")
            #expect((1...64).allSatisfy { gateway.task("t\($0)").finals.isEmpty })
        }
    }

    @Test("a timeout ends the command and its children")
    func timeout() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "sleep 60 & echo $!; wait", timeout: 2000)
            try await eventually("the end", within: .seconds(15)) { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").finals == [final(exitCode: 143, timedOut: true, seq: 2)])
            let child = try #require(Int32(gateway.task("t1").texts[0]))
            try await eventually("the child has gone") { !isAlive(child) }
        }
    }

    @Test("a cancelled command that ignores SIGTERM is killed five seconds later")
    func cancelIgnored() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
            try await eventually("it runs") { gateway.task("t1").texts == ["ready"] }
            let clock = ContinuousClock()
            let start = clock.now
            try await gateway.cancel("t1")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect((.seconds(4.9)...Duration.seconds(15)).contains(clock.now - start))
            #expect(gateway.task("t1").finals == [final(exitCode: 137, cancelled: true, seq: 2)])
        }
    }

    @Test("a command that cleans up on SIGTERM has its last words heard")
    func cancelHeeded() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
            try await eventually("it runs") { gateway.task("t1").texts == ["ready"] }
            try await gateway.cancel("t1")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").lines.filter { !$0.isError }.map(\.text) == ["ready", "bye"])
            #expect(gateway.task("t1").finals.first?.exitCode == 5)
            #expect(gateway.task("t1").finals.first?.isCancelled == true)
        }
    }

    @Test("a background child that keeps the output open delays the end by two seconds, not for ever")
    func grandchild() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            let clock = ContinuousClock()
            let start = clock.now
            try await gateway.runShell("t1", "sleep 30 & echo $!; exit 4")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect((.seconds(1.9)...Duration.seconds(15)).contains(clock.now - start))
            #expect(gateway.task("t1").finals == [final(exitCode: 4, seq: 2)])
            let child = try #require(Int32(gateway.task("t1").texts[0]))
            #expect(isAlive(child), "it was asked to stay in the background")
            kill(child, SIGKILL)
        }
    }

    @Test("a prompt is seen although its line has no end")
    func prompt() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "printf 'Continue? '; sleep 8; echo no")
            try await eventually("the prompt", within: .seconds(6)) { gateway.task("t1").texts == ["Continue? "] }
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").lines.map(\.isTruncated) == [true, false])
            #expect(gateway.task("t1").texts == ["Continue? ", "no"])
        }
    }

    @Test("binary output arrives byte for byte")
    func binary() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "printf '\\x00\\xff\\xfe\\x80abc\\n\\xc3\\n'")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").lines.map(\.bytes) == [[0, 0xff, 0xfe, 0x80, 0x61, 0x62, 0x63], [0xc3]])
        }
    }

    @Test("a giant line comes in parts of 64 KiB, in frames that are not too large")
    func giantLine() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end")
            try await eventually("the end") { !gateway.task("t1").finals.isEmpty }
            let lines = gateway.task("t1").lines
            #expect(lines.last?.text == "end")
            #expect(lines.dropLast().reduce(0) { $0 + $1.bytes.count } == 3_000_000)
            #expect(lines.dropLast(2).allSatisfy { $0.isTruncated && $0.bytes.count == 65536 })
            #expect(lines.dropLast().last?.isTruncated == false)
            #expect(gateway.state.largestFrame <= 256 * 1024)
        }
    }

    @Test("a stop of the agent ends its commands, and the gateway hears of it")
    func agentStops() async throws {
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "sleep 60")
            try await eventually("it runs") { gateway.task("t1").startWasSeen }
            try await agent.stop()
            try await eventually("the end") { agent.exit == .clean }
            try await eventually("the last word") { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").finals == [final(exitCode: 143, reason: "agent_stopped", seq: 1)])
        }
    }
}

private func final(
    completed: Bool = false, exitCode: Int32? = nil, cancelled: Bool = false, timedOut: Bool = false,
    reason: String? = nil, seq: UInt64
) -> ScriptedGateway.Final {
    ScriptedGateway.Final(
        isCompleted: completed, exitCode: exitCode, isCancelled: cancelled, isTimedOut: timedOut, reason: reason,
        seq: seq)
}

/// A zombie that nobody has reaped yet is not.
private func isAlive(_ pid: Int32) -> Bool {
    let descriptor = open("/proc/\(pid)/stat", O_RDONLY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(descriptor, &bytes, bytes.count))
    return !String(decoding: bytes[..<count], as: UTF8.self).contains(") Z ")
}
