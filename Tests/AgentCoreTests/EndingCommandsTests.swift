import Glibc
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("What outlives a command that was told to end")
struct EndingCommandsTests {
    private static let stubborn = "bash -c 'trap \"\" TERM; echo $$ > ready; while :; do sleep 0.05; done'"

    /// A command that ends by SIGTERM has left a process that does not, and its task has ended.
    private func withOneLeftBehind(
        _ directory: String, _ body: (_ child: Int32, RunningAgent) async throws -> Void
    ) async throws {
        try await withAgent({ $0.stateDirectory = directory }) { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runShell("t1", "cd \(directory); \(Self.stubborn) >/dev/null 2>&1 & wait")
            try await eventually("the trap is set") { Self.number(in: "\(directory)/ready") != nil }
            try await gateway.cancel("t1")
            try await eventually("the end of the task", within: .seconds(3)) { !gateway.task("t1").finals.isEmpty }
            let child = try #require(Self.number(in: "\(directory)/ready"))
            #expect(Self.isAlive(child))
            try await body(child, agent)
        }
    }

    @Test("is killed before the agent ends, after its grace")
    func orderly() async throws {
        let directory = try TemporaryDirectory()
        try await withOneLeftBehind(directory.path) { child, agent in
            try await agent.stop()
            try await eventually("the agent ends") { agent.exit == .clean }
            #expect(!Self.isAlive(child))
        }
    }

    @Test("is noted until it is gone, for the next life of an agent that is killed")
    func noted() async throws {
        let directory = try TemporaryDirectory()
        try await withOneLeftBehind(directory.path) { child, _ in
            #expect(Self.noted(directory.path) == 1)
            try await eventually("it is killed") { !Self.isAlive(child) }
            try await eventually("it is noted no more") { Self.noted(directory.path) == 0 }
        }
    }

    @Test("does not delay the end of the agent when it ends by itself within the grace")
    func soon() async throws {
        let directory = try TemporaryDirectory()
        try await withOneLeftBehind(directory.path) { child, agent in
            let clock = ContinuousClock()
            let start = clock.now
            kill(child, SIGKILL)
            try await agent.stop()
            try await eventually("the agent ends") { agent.exit == .clean }
            #expect(clock.now - start < .seconds(3))
        }
    }

    /// How many commands are noted.
    private static func noted(_ directory: String) -> Int? {
        StateFile.contents("\(directory)/commands-agent-1").map { $0.count { $0 == UInt8(ascii: "\n") } - 1 }
    }

    private static func number(in path: String) -> Int32? {
        StateFile.contents(path).flatMap { Int32(String(decoding: $0.dropLast(), as: UTF8.self)) }
    }

    /// A zombie is not.
    private static func isAlive(_ pid: Int32) -> Bool {
        StateFile.contents("/proc/\(pid)/stat").map { !String(decoding: $0, as: UTF8.self).contains(") Z ") } ?? false
    }
}
