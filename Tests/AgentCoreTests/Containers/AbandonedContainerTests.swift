import Glibc
import Reactor
import Synchronization
import Testing

@testable import AgentCore

@Suite("Containers whose task has ended before the engine had started them")
struct AbandonedContainerTests {
    /// A command that runs, and how it ended.
    ///
    /// @unchecked Sendable because `command` is touched on the loop only, and `ended` has its mutex.
    private final class Running: @unchecked Sendable {
        var command: DockerCommand?
        let ended = Mutex<ProcessExit?>(nil)
    }

    /// Runs a container, cancels that once this has been asked of the engine, and waits until it is given up.
    private func giveUp(
        at path: String, container: String? = nil, patience: Duration = .milliseconds(50),
        _ answer: @escaping @Sendable (FakeEngine.Request) -> FakeEngine.Reply,
        _ body: (FakeEngine) async throws -> Void
    ) async throws {
        let fake = FakeEngine(answer)
        defer { fake.stop() }
        let loop = try EventLoop(name: "test")
        let host = fake.host
        let running = Running()
        try await loop.run {
            let order = try DockerOrder(
                operation: "run", image: "app", container: container, arguments: [], environment: [])
            let command = DockerCommand(
                order, engine: ContainerEngine(loop: loop, host: host), patience: patience)
            running.command = command
            command.start(
                .init(
                    output: { _, _ in }, endOfOutput: { _ in },
                    exit: { exit in
                        running.ended.withLock { $0 = exit }
                        running.command?.release {}
                        running.command = nil
                    }))
        }
        try await eventually("it is asked for") { fake.count(path) == 1 }
        try await loop.run { running.command?.terminate(grace: .milliseconds(50)) }
        try await eventually("it is given up") { running.ended.withLock { $0?.number } == DockerCommand.terminated }
        try await body(fake)
        loop.stop()
    }

    private static func isRemoval(_ request: FakeEngine.Request) -> Bool {
        request.method == "DELETE" && request.path == "/containers/c1" && request.query["force"] == "1"
    }

    @Test("are removed, with a name or without, when the engine is slow to start them", arguments: [nil, "web"])
    func slowStart(name: String?) async throws {
        try await giveUp(at: "/containers/c1/start", container: name) { request in
            switch request.path {
            case "/containers/create": .json(201, #"{"Id":"c1"}"#)
            case "/containers/c1/attach", "/containers/c1/start":
                .open([request.path.hasSuffix("attach") ? streamHead : []])
            default: .empty(204)
            }
        } _: { fake in
            try await eventually("it is removed") { fake.requests.contains(where: Self.isRemoval) }
        }
    }

    @Test("are removed when the engine was slow to make them")
    func slowCreation() async throws {
        let isMade = FirstTime()
        try await giveUp(at: "/containers/create") { request in
            guard request.path == "/containers/create" else { return .empty(204) }
            while !isMade.hasPassed { usleep(2_000) }
            return .json(201, #"{"Id":"c1"}"#)
        } _: { fake in
            #expect(!fake.requests.contains(where: Self.isRemoval))
            _ = isMade.isFirst
            try await eventually("it is removed") { fake.requests.contains(where: Self.isRemoval) }
        }
    }

    @Test("stay when they have a name, and have been started")
    func started() async throws {
        try await giveUp(at: "/containers/c1/start", container: "web", patience: .seconds(1)) { request in
            switch request.path {
            case "/containers/create": .json(201, #"{"Id":"c1"}"#)
            case "/containers/c1/attach", "/containers/c1/stop":
                .open([request.path.hasSuffix("attach") ? streamHead : []])
            default: .empty(204)
            }
        } _: { fake in
            #expect(fake.count("/containers/c1/stop") == 1)
            try await Task.sleep(for: .milliseconds(100))
            #expect(!fake.requests.contains { $0.method == "DELETE" })
        }
    }
}
