import Glibc
import Logging
import Model
import Reactor
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("Containers that a killed agent left behind")
struct RunContainersTests {
    private static func container(_ id: String, agent: String = "a", task: String, state: String) -> String {
        #"{"Id":"\#(id)","State":"\#(state)","Labels":{"sluice.agent":"\#(agent)","sluice.task":"\#(task)"}}"#
    }

    private static let list = [
        container("goes", task: "t1", state: "running"), container("stays", task: "t2", state: "running"),
        container("unstarted", task: "t2", state: "created"), container("stopped", task: "t2", state: "exited"),
        container("started-again", task: "t0", state: "running"),
        container("of-another", agent: "b", task: "t1", state: "running"), #"{"Id":"foreign","State":"running"}"#,
    ].joined(separator: ",")

    private static func run(_ task: String, stays: Bool = false) -> RunContainers.Run {
        .init(task: TaskID(task), stays: stays)
    }

    /// Something of a loop, between two visits there.
    ///
    /// @unchecked Sendable because its value is touched on the loop only.
    private final class Kept: @unchecked Sendable {
        private(set) var value: RunContainers?
        init(_ value: RunContainers) { self.value = value }
        func drop() { value = nil }
    }

    /// The next life of an agent that noted these.
    private func withNextLife(
        of runs: [RunContainers.Run], _ answer: @escaping @Sendable (FakeEngine.Request) -> FakeEngine.Reply,
        _ body: (FakeEngine, _ path: String) async throws -> Void
    ) async throws {
        let fake = FakeEngine(answer)
        defer { fake.stop() }
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/runs"
        let loop = try EventLoop(name: "test")
        let host = fake.host
        let kept = try await loop.run { () -> Kept in
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let engine = ContainerEngine(loop: loop, host: host)
            RunContainers(path: path, agent: "a", engine: engine, log: quiet).note(runs)
            let next = RunContainers(path: path, agent: "a", engine: engine, log: quiet)
            next.endLeftovers(grace: .seconds(5))
            return Kept(next)
        }
        try await body(fake, path)
        try await loop.run { kept.drop() }
        loop.stop()
    }

    @Test("are stopped by its next life, and removed if they have no name; others are left alone")
    func ended() async throws {
        try await withNextLife(of: [Self.run("t1"), Self.run("t2", stays: true)]) { request in
            request.path == "/containers/json" ? .json(200, "[\(Self.list)]") : .empty(204)
        } _: { fake, path in
            try await eventually("they are noted no more") { StateFile.contents(path)?.isEmpty == true }
            let asked = fake.requests.map { "\($0.method) \($0.path)" }.dropFirst()
            #expect(
                asked.sorted() == [
                    "DELETE /containers/goes", "DELETE /containers/unstarted", "POST /containers/goes/stop",
                    "POST /containers/stays/stop",
                ])
            #expect(fake.requests.first?.query["all"] == "1")
            #expect(fake.requests.first?.query["filters"]?.contains("sluice.agent%3Da") == true)
        }
    }

    @Test("stay noted until the engine can be asked")
    func engineIsBack() async throws {
        let isDown = FirstTime()
        try await withNextLife(of: [Self.run("t1")]) { request in
            if isDown.isFirst { return .raw([]) }
            return request.path == "/containers/json" ? .json(200, "[\(Self.list)]") : .empty(204)
        } _: { fake, path in
            try await eventually("the first look") { isDown.hasPassed }
            #expect(StateFile.contents(path) == Array("goes t1\n".utf8))
            try await eventually("they are noted no more") { StateFile.contents(path)?.isEmpty == true }
            #expect(fake.requests.contains { $0.method == "DELETE" && $0.path == "/containers/goes" })
        }
    }

    @Test("are not looked for where no task had one")
    func none() async throws {
        try await withNextLife(of: []) { _ in
            .json(200, "[\(Self.list)]")
        } _: { fake, _ in
            try await Task.sleep(for: .milliseconds(100))
            #expect(fake.requests.isEmpty)
        }
    }

    @Test("are noted with their task from before the engine is asked for them until its end")
    func noted() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/runs-agent-1"
        let mayEnd = FirstTime()
        let fake = FakeEngine { request in
            switch (request.method, request.path) {
            case ("POST", "/containers/create"):
                return StateFile.contents(path) == Array("goes t1\n".utf8)
                    ? .json(201, #"{"Id":"c1"}"#) : .json(500, #"{"message":"the task is not noted"}"#)
            case ("POST", "/containers/c1/attach"):
                return .until([streamHead, frame(1, "up\n")]) { mayEnd.hasPassed }
            case ("POST", "/containers/c1/wait"): return .json(200, #"{"StatusCode":0}"#)
            default: return .empty(204)
            }
        }
        defer { fake.stop() }
        try await withAgent({
            $0.allowedTasks = ["docker"]
            $0.containerHost = fake.host
            $0.stateDirectory = directory.path
        }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runDocker("t1", "run", image: "app")
            try await eventually("it runs") { gateway.task("t1").texts == ["up"] }
            _ = mayEnd.isFirst
            try await eventually("the end") { gateway.task("t1").finals.first?.isCompleted == true }
            #expect(StateFile.contents(path) == [])
        }
    }
}
