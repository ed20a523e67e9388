import Glibc
import Model
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("Delivery of task output", .serialized)
struct TaskDeliveryTests {
    @Test("output that was not acknowledged is sent again, what was is not: each line once, across reconnects")
    func exactlyOnce() async throws {
        // The task goes on until it has been seen by every connection, however slow the machine is.
        let gate = try CommandGate()
        try await withAgent(gateway: { $0.heartbeatMilliseconds = 400 }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell(
                "t1", "for i in $(seq 1 300); do echo $i; sleep 0.015; done; \(gate.wait); exit 2")
            for round in 1...4 {
                let beats = gateway.state.heartbeats.count
                try await eventually("lines") {
                    gateway.task("t1").lines.count > round * 30 && gateway.state.heartbeats.count > beats + 1
                }
                let hellos = gateway.state.hellos.count
                try await gateway.dropConnection()
                try await eventually("another Hello") { gateway.state.hellos.count > hellos }
                #expect(gateway.state.hellos.last?.tasks.first?.id.text == "t1")
            }
            gate.open()
            try await eventually("the end") { gateway.task("t1").finalIsStored }
            let task = gateway.task("t1")
            #expect(task.lines.map(\.seq) == Array(1...300))
            #expect(task.texts == (1...300).map(String.init))
            #expect(task.gaps.isEmpty && task.finals.count == 1 && task.finals[0].seq == 301)
        }
    }

    @Test("a task that ends while the gateway is away is reported when it is back, until that is acknowledged")
    func endWhileAway() async throws {
        let gate = try CommandGate()
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.configure { $0.acknowledges = false }
            try await gateway.runShell("t1", "echo a; \(gate.wait); echo b; exit 7")
            try await eventually("a line") { gateway.task("t1").lines.count == 1 }
            try await gateway.acknowledgeAll("t1")
            try await gateway.goDown()
            gate.open()
            try await eventually("it has run") { try await agent.runningCommands() == 0 }
            try await gateway.comeBack()
            try await eventually("the end") { gateway.task("t1").finals.count == 1 }
            #expect(gateway.task("t1").texts == ["a", "b"])
            try await gateway.dropConnection()
            try await eventually("the end again") { gateway.task("t1").finals.count == 2 }
            #expect(gateway.task("t1").texts == ["a", "b", "b"], "only what is not acknowledged comes again")
            try await gateway.acknowledgeAll("t1")
            try await gateway.dropConnection()
            try await eventually("a Hello without tasks") {
                gateway.state.hellos.count == 4 && gateway.state.hellos[3].tasks.isEmpty
            }
        }
    }

    @Test("a task that the gateway does not know is killed and forgotten")
    func unknownToGateway() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "echo $$; exec sleep 60")
            try await eventually("it runs") { gateway.task("t1").lines.count == 1 }
            let pid = try #require(Int32(gateway.task("t1").texts[0]))
            try await gateway.configure { $0.forgottenTasks = ["t1"] }
            try await gateway.dropConnection()
            try await eventually("it is killed") { kill(pid, 0) != 0 }
            try await gateway.dropConnection()
            try await eventually("a Hello without tasks") {
                gateway.state.hellos.count == 3 && gateway.state.hellos[2].tasks.isEmpty
            }
            #expect(gateway.task("t1").finals.isEmpty)
        }
    }

    @Test("200 000 lines arrive in order and without a hole, through a gateway that is slow to acknowledge")
    func flood() async throws {
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.configure { $0.acknowledges = false }
            try await gateway.runShell("t1", "seq 1 200000")
            var lastCount = -1
            while gateway.task("t1").finals.isEmpty {
                let seen = lastCount
                try await eventually("more lines, or the end") {
                    gateway.task("t1").lines.count > seen || !gateway.task("t1").finals.isEmpty
                }
                // Without an acknowledgement the command is held back.
                try await Task.sleep(for: .milliseconds(50))
                #expect(try await agent.spooledBytes() < 3 << 20)
                lastCount = gateway.task("t1").lines.count
                try await gateway.acknowledgeAll("t1")
            }
            let lines = gateway.task("t1").lines
            #expect(lines.count == 200_000 && gateway.task("t1").gaps.isEmpty)
            #expect(lines.enumerated().allSatisfy { $1.seq == UInt64($0 + 1) && $1.text == "\($0 + 1)" })
        }
    }

    @Test("a flood without acknowledgements stops at the window, and disturbs neither heartbeats nor other tasks")
    func endlessFlood() async throws {
        try await withAgent(gateway: { $0.heartbeatMilliseconds = 1000 }) { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.configure { $0.acknowledges = false }
            try await gateway.runShell("t1", "exec yes 0123456789012345678901234567890123456789")
            try await eventually("the window is full") { gateway.task("t1").lines.count > 25_000 }
            var count = -1
            for _ in 0..<60 where gateway.task("t1").lines.count != count {
                count = gateway.task("t1").lines.count
                try await Task.sleep(for: .milliseconds(500))
            }
            let beats = gateway.state.heartbeats.count
            try await gateway.desire(1, [.init(ref: 1, type: "metrics", interval: 100)])
            try await gateway.runShell("t2", "echo quick")
            try await eventually("the other task", within: .seconds(10)) { !gateway.task("t2").finals.isEmpty }
            try await eventually("metrics", within: .seconds(10)) { gateway.state.samples.count > 2 }
            try await eventually("heartbeats", within: .seconds(10)) { gateway.state.heartbeats.count > beats + 1 }
            #expect(gateway.task("t1").lines.count == count)
            #expect(try await agent.spooledBytes() < 4 << 20)
        }
    }

    @Test("where floods have filled the spool, a command that prints little goes on")
    func quietBesideFlood() async throws {
        try await withAgent({ $0.spoolBytes = 256 << 10 }) { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.configure { $0.acknowledges = false }
            try await gateway.runShell("t1", "exec yes 0123456789012345678901234567890123456789")
            try await eventually("the spool is full") { try await agent.spooledBytes() >= 256 << 10 }
            try await gateway.runShell("t2", "echo one; sleep 0.1; echo two")
            try await eventually("the other task") { !gateway.task("t2").finals.isEmpty }
            #expect(gateway.task("t2").texts == ["one", "two"])
            #expect(try await agent.spooledBytes() < 512 << 10)
        }
    }

    @Test("a gateway that does not read holds the command back, and nothing is lost")
    func stuckNetwork() async throws {
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.stopReading()
            try await gateway.runShell("t1", "exec head -c 60000000 /dev/zero | tr '\\0' x | fold -w 100")
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await agent.spooledBytes() < 4 << 20)
            try await gateway.goOnReading()
            try await eventually("the end", within: .seconds(180)) { !gateway.task("t1").finals.isEmpty }
            #expect(gateway.task("t1").lines.count == 600_000)
        }
    }

    @Test("with the gateway away for a moment a command whose spool is full waits, and nothing is lost")
    func shortAbsence() async throws {
        let gate = try CommandGate()
        try await withAgent({
            $0.spoolBytes = 64 << 10
            $0.awayGrace = .seconds(600)  // the moment is shorter, however slow the machine is
        }) { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "echo first; \(gate.wait); seq 2 50000")
            try await eventually("a line") { gateway.task("t1").lines.count == 1 }
            try await gateway.goDown()
            gate.open()
            try await eventually("the spool is full") { try await agent.spooledBytes() >= 64 << 10 }
            #expect(try await agent.runningCommands() == 1)
            try await gateway.comeBack()
            try await eventually("the end") { gateway.task("t1").finalIsStored }
            #expect(gateway.task("t1").gaps.isEmpty)
            #expect(gateway.task("t1").lines.map(\.seq) == Array(1...50_000))
        }
    }

    @Test("what has gathered while the gateway was away comes no faster than it is acknowledged")
    func window() async throws {
        let gate = try CommandGate()
        try await withAgent { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "echo first; \(gate.wait); seq 2 400000")
            try await eventually("a line") { gateway.task("t1").lines.count == 1 }
            try await gateway.goDown()
            gate.open()
            try await eventually("it has run") { try await agent.runningCommands() == 0 }
            #expect(try await agent.spooledBytes() > 7 << 20)
            try await gateway.configure { $0.acknowledges = false }
            try await gateway.comeBack()
            try await eventually("the window is full") { gateway.task("t1").lines.count > 90_000 }
            try await Task.sleep(for: .milliseconds(300))
            #expect(gateway.task("t1").lines.count < 130_000)
            try await gateway.configure { $0.acknowledges = true }
            try await gateway.acknowledgeAll("t1")
            try await eventually("the end") { gateway.task("t1").finalIsStored }
            #expect(gateway.task("t1").lines.map(\.seq) == Array(1...400_000))
        }
    }

    @Test("with the gateway away the oldest output goes when the spool is full, and the gap is exact")
    func overflow() async throws {
        let gate = try CommandGate()
        try await withAgent({
            $0.spoolBytes = 64 << 10
            $0.awayGrace = .zero
        }) { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "echo first; \(gate.wait); seq 2 50000")
            try await eventually("a line") { gateway.task("t1").lines.count == 1 }
            try await gateway.goDown()
            gate.open()
            try await eventually("it has run") { try await agent.runningCommands() == 0 }
            try await gateway.comeBack()
            try await eventually("the end") { gateway.task("t1").finalIsStored }
            let task = gateway.task("t1")
            let gap = try #require(task.gaps.first)
            #expect(task.gaps.count == 1 && gap.lowerBound == 2)
            #expect(task.lines.map(\.seq) == [1] + Array((gap.upperBound + 1)...50_000))
            #expect(task.lines.dropFirst().allSatisfy { $0.text == "\($0.seq)" })
            #expect(task.finals.first?.seq == 50_001)
            #expect(try await agent.spooledBytes() == 0)
        }
    }
}

/// A file that a command waits for.
private final class CommandGate: Sendable {
    private let directory: TemporaryDirectory
    private var file: String { "\(directory.path)/open" }

    init() throws { directory = try TemporaryDirectory() }

    /// For the shell: goes on when the gate is open.
    var wait: String { "until [ -e \(file) ]; do sleep 0.05; done" }

    func open() { #expect(StateFile.replace(file, with: []) == nil) }
}
