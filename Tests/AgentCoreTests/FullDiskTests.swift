import Glibc
import class TestSupport.SmallDisk
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("An agent whose disk is full", .serialized, .enabled(if: SmallDisk.isPossible))
struct FullDiskTests {
    /// Lines are written until the last of them does not come. Returns how many there are then.
    private func writeUntilHeld(_ fixture: LogFixture, _ gateway: ScriptedGateway) async throws -> Int {
        for number in 11...400 {
            try fixture.append("line \(number)\n", to: "a.log")
            // What was sent comes before the second heartbeat after it.
            let heartbeats = gateway.state.heartbeats.count
            try await eventually("two heartbeats or the line") {
                gateway.state.heartbeats.count >= heartbeats + 2 || gateway.lineCount == number
            }
            if gateway.lineCount < number { return number }
        }
        Issue.record("all lines came")
        return 400
    }

    @Test(
        "it sends no line whose number it could not note, and each once when there is room", arguments: [true, false])
    func logs(isKilled: Bool) async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        let disk = try SmallDisk(kibibytes: 256)
        let copy = try TemporaryDirectory()
        try fixture.append("old\n", to: "a.log")
        let gateway = try await ScriptedGateway()
        try await gateway.configure { $0.heartbeatMilliseconds = 100 }
        func agent(_ state: String) async throws -> RunningAgent {
            try await RunningAgent(gateway) {
                $0.logPaths = [fixture.pattern]
                $0.stateDirectory = state
            }
        }
        var running = try await agent(disk.path)
        try await eventually("a Hello") { gateway.state.isOpen }
        try await gateway.wantLogs()
        try fixture.append(lines: 1...10, to: "a.log")
        try await gateway.expect(lines: LogFixture.lines(1...10))
        disk.fill()
        let count = try await writeUntilHeld(fixture, gateway)
        if isKilled {
            // What a `kill -9` at this moment would leave.
            for name in directoryNames(disk.path) where name.hasPrefix("logs-") {
                _ = StateFile.replace("\(copy.path)/\(name)", with: StateFile.contents("\(disk.path)/\(name)") ?? [])
            }
            try await running.end()
            running = try await agent(copy.path)
        } else {
            disk.empty()
        }
        try await gateway.expect(lines: LogFixture.lines(1...count))
        #expect(gateway.reliable("log_aggregation").earlierOrigins == [])
        try await running.end()
    }
}
