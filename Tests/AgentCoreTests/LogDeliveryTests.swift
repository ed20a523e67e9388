import Glibc
import Testing

@testable import AgentCore

@Suite("Delivering log lines", .serialized)
struct LogDeliveryTests {
    @Test("over broken connections no line is lost or comes twice")
    func reconnects() async throws {
        try await withLogs { gateway, _, fixture in
            for round in 0..<5 {
                try fixture.append(lines: (round * 2000)...(round * 2000 + 999), to: "a.log")
                try await gateway.dropConnection()
                try fixture.append(lines: (round * 2000 + 1000)...(round * 2000 + 1999), to: "a.log")
                try await eventually("a Hello") { gateway.state.hellos.count == round + 2 && gateway.state.isOpen }
                try await gateway.wantLogs(UInt64(round) + 2)
            }
            try await gateway.expect(lines: LogFixture.lines(0...9999))
            #expect(gateway.lines == LogFixture.lines(0...9999))
        }
    }

    @Test("a gateway that could not keep lines asks for them later, and gets them")
    func resend() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append(lines: 1...10, to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...10))
            try await gateway.configure { $0.keepsItems = false }
            try fixture.append(lines: 11...500, to: "a.log")
            try await eventually("they came") { gateway.reliable("log_aggregation").received >= 500 }
            #expect(gateway.lines.count == 10)
            try await gateway.configure { $0.keepsItems = true }
            try fixture.append("more\n", to: "a.log")
            try await gateway.askAgain(for: "log_aggregation", ref: ScriptedGateway.logsRef)
            try await gateway.expect(lines: LogFixture.lines(1...500) + ["more"])
        }
    }

    @Test("no more than the window is sent before an acknowledgement")
    func window() async throws {
        try await withLogs(gateway: {
            $0.acknowledgesItems = false; $0.streamWindow = 200_000
        }) {
            gateway, _, fixture in
            try fixture.append(lines: 1...50_000, to: "a.log")
            try await eventually("lines") { gateway.lines.count > 1000 }
            try await Task.sleep(for: .milliseconds(300))
            let first = gateway.lines.count
            // A line takes its text, its path and some 20 bytes more.
            #expect(first < 200_000 / 40)
            try await gateway.configure { $0.acknowledgesItems = true }
            try await gateway.acknowledgeItems(of: "log_aggregation", ref: ScriptedGateway.logsRef)
            try await gateway.expect(lines: LogFixture.lines(1...50_000))
            #expect(gateway.reliable("log_aggregation").repeated == 0)
        }
    }

    @Test("an agent that starts again goes on exactly where the gateway stands", arguments: [false, true])
    func restart(acknowledges: Bool) async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        try fixture.append("old\n", to: "a.log")
        let gateway = try await ScriptedGateway()
        try await gateway.configure { $0.acknowledgesItems = acknowledges }
        for round in 0..<4 {
            let agent = try await RunningAgent(gateway) {
                $0.logPaths = [fixture.pattern]
                $0.stateDirectory = fixture.state
            }
            try await eventually("a Hello") { gateway.state.hellos.count == round + 1 && gateway.state.isOpen }
            try await gateway.wantLogs()
            try fixture.append(lines: (round * 200)...(round * 200 + 99), to: "a.log")
            try fixture.append(lines: (round * 200)...(round * 200 + 99), of: "other", to: "b.log")
            try await eventually("lines") { gateway.lines.count >= (round * 2 + 1) * 200 }
            try await agent.end()
            // While it is away: one file is rotated, both grow, a third appears.
            try fixture.rename("a.log", to: "a.log.\(round)")
            try fixture.append(lines: (round * 200 + 100)...(round * 200 + 149), to: "a.log.\(round)")
            try fixture.append(lines: (round * 200 + 150)...(round * 200 + 199), to: "a.log")
            try fixture.append(lines: (round * 200 + 100)...(round * 200 + 198), of: "other", to: "b.log")
            try fixture.append("other \(round * 200 + 199)\n", to: "new-\(round).log")
        }
        let agent = try await RunningAgent(gateway) {
            $0.logPaths = [fixture.pattern]
            $0.stateDirectory = fixture.state
        }
        try await eventually("a Hello") { gateway.state.hellos.count == 5 && gateway.state.isOpen }
        try await gateway.wantLogs()
        try await gateway.expect(lines: LogFixture.lines(0...799) + LogFixture.lines(0...799, of: "other"))
        #expect(gateway.reliable("log_aggregation").earlierOrigins == [])
        try await agent.end()
    }

    @Test("a pattern that is new to an agent's state begins at the end of what is there")
    func newPattern() async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        try fixture.append("old\n", to: "a.log")
        try fixture.append("old\n", to: "b.txt")
        let gateway = try await ScriptedGateway()
        for round in 1...2 {
            let agent = try await RunningAgent(gateway) {
                $0.logPaths = round == 1 ? [fixture.pattern] : [fixture.pattern, fixture.file("*.txt")]
                $0.stateDirectory = fixture.state
            }
            try await eventually("a Hello") { gateway.state.hellos.count == round && gateway.state.isOpen }
            try await gateway.wantLogs()
            try fixture.append("a \(round)\n", to: "a.log")
            try fixture.append("b \(round)\n", to: "b.txt")
            try await gateway.expect(lines: round == 1 ? ["a 1"] : ["a 1", "a 2", "b 2"])
            try await agent.end()
        }
    }

    @Test("what was not acknowledged and cannot be read again after a restart is a gap with its numbers")
    func lost() async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        try fixture.append("old\n", to: "a.log")
        let gateway = try await ScriptedGateway()
        try await gateway.configure { $0.acknowledgesItems = false }
        for round in 1...2 {
            let agent = try await RunningAgent(gateway) {
                $0.logPaths = [fixture.pattern]
                $0.stateDirectory = fixture.state
            }
            try await eventually("a Hello") { gateway.state.hellos.count == round && gateway.state.isOpen }
            if round == 2 { gateway.forgetItems(after: 5) }
            try await gateway.wantLogs()
            if round == 1 {
                try fixture.append(lines: 1...10, to: "a.log")
                try await gateway.expect(lines: LogFixture.lines(1...10))
            }
            if round == 2 {
                try fixture.append("after\n", to: "b.log")
                try await eventually("the line after") { gateway.lines.last == "after" }
                #expect(gateway.reliable("log_aggregation").gaps == [6...10])
                #expect(gateway.reliable("log_aggregation").holes == [])
            }
            try await agent.end()
            if round == 1 { try fixture.delete("a.log") }
        }
    }

    @Test("a gateway that has more than the agent's state knows gets a new count, and no line is lost")
    func stateIsOld() async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        try fixture.append("old\n", to: "a.log")
        let gateway = try await ScriptedGateway()
        let old = fixture.path + "/old"
        for round in 1...2 {
            let agent = try await RunningAgent(gateway) {
                $0.logPaths = [fixture.pattern]
                $0.stateDirectory = round == 1 ? fixture.state : old
            }
            try await eventually("a Hello") { gateway.state.hellos.count == round && gateway.state.isOpen }
            if round == 1 { try fixture.copyState(to: old) }
            try await gateway.wantLogs()
            if round == 1 { try fixture.append(lines: 1...10, to: "a.log") }
            try await eventually("lines") { gateway.lines.count >= round * 10 }
            try await agent.end()
        }
        let stream = gateway.reliable("log_aggregation")
        #expect(stream.items == LogFixture.lines(1...10) + LogFixture.lines(1...10))
        #expect(stream.earlierOrigins.count == 1)
        for name in directoryNames(old) { unlink("\(old)/\(name)") }
        rmdir(old)
    }

    @Test("without a state directory each start is a new count, from the end of the files")
    func withoutState() async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        try fixture.append("old\n", to: "a.log")
        let gateway = try await ScriptedGateway()
        for round in 1...2 {
            let agent = try await RunningAgent(gateway) { $0.logPaths = [fixture.pattern] }
            try await eventually("a Hello") { gateway.state.hellos.count == round && gateway.state.isOpen }
            try await gateway.wantLogs()
            try fixture.append("line \(round)\n", to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...round))
            try await agent.end()
            try fixture.append("unseen\n", to: "a.log")
        }
        #expect(gateway.reliable("log_aggregation").earlierOrigins.count == 1)
    }
}
