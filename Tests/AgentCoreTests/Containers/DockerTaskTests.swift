import Glibc
import Testing

@testable import AgentCore

@Suite("Operations on containers", .serialized)
struct DockerTaskTests {
    private typealias Reply = FakeEngine.Reply

    /// An engine that makes and runs one container, whose output and exit code are these.
    private static func running(_ output: [[UInt8]], exitCode: Int) -> @Sendable (FakeEngine.Request) -> Reply {
        { request in
            switch (request.method, request.path) {
            case ("POST", "/containers/create"): .json(201, #"{"Id":"c1","Warnings":["no swap"]}"#)
            case ("POST", "/containers/c1/attach"): .raw([streamHead] + output)
            case ("POST", "/containers/c1/start"), ("DELETE", "/containers/c1"): .empty(204)
            case ("POST", "/containers/c1/wait"): .json(200, #"{"StatusCode":\#(exitCode)}"#)
            default: .json(404, #"{"message":"no such thing"}"#)
            }
        }
    }

    private func withEngine(
        _ answer: @escaping @Sendable (FakeEngine.Request) -> Reply,
        _ body: (FakeEngine, ScriptedGateway, RunningAgent) async throws -> Void
    ) async throws {
        let engine = FakeEngine(answer)
        defer { engine.stop() }
        try await withAgent({
            $0.allowedTasks = ["docker"]
            $0.containerHost = engine.host
        }) { gateway, agent in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await body(engine, gateway, agent)
        }
    }

    private func end(_ gateway: ScriptedGateway, _ id: String = "t1") async throws -> ScriptedGateway.Final {
        try await eventually("the end") { !gateway.task(id).finals.isEmpty }
        return try #require(gateway.task(id).finals.first)
    }

    @Test("run: what the container prints comes line by line, its exit code ends the task, and it is removed")
    func run() async throws {
        let output = [frame(1, "on"), frame(2, "err\n"), frame(1, "e\ntwo")]
        try await withEngine(Self.running(output, exitCode: 3)) { engine, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app:1", args: ["echo", "x y"], env: ["A": "1"])
            #expect(try await end(gateway).exitCode == 3)
            let task = gateway.task("t1")
            #expect(Set(task.texts) == ["no swap", "err", "one", "two"])
            #expect(task.lines.filter(\.isError).map(\.text) == ["no swap", "err"])
            #expect(
                engine.requests[0].body == #"{"Image":"app:1","Cmd":["echo","x y"],"Env":["A=1"],"#
                    + #""Labels":{"sluice.agent":"agent-1","sluice.task":"t1"}}"#)
            #expect(
                engine.requests.map(\.path) == [
                    "/containers/create", "/containers/c1/attach", "/containers/c1/start", "/containers/c1/wait",
                    "/containers/c1",
                ])
        }
    }

    @Test("run: a container with a name stays")
    func named() async throws {
        try await withEngine(Self.running([], exitCode: 0)) { engine, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app", container: "web")
            #expect(try await end(gateway).isCompleted)
            #expect(engine.requests[0].query == ["name": "web"])
            #expect(!engine.requests.map(\.path).contains("/containers/c1"), "it is not removed")
        }
    }

    @Test("run: the end of a container is waited for when it has started, also where its output ends before")
    func lateStart() async throws {
        let running = Self.running([], exitCode: 0)
        try await withEngine({ request in
            if request.path.hasSuffix("/start") { usleep(100_000) }
            return running(request)
        }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app", container: "web")
            #expect(try await end(gateway).isCompleted)
            #expect(!engine.requests.map(\.path).contains("/containers/c1"), "it has run, and is not removed")
        }
    }

    @Test("run: an image that is missing is pulled first")
    func pulling() async throws {
        let pulled = FirstTime()
        let running = Self.running([frame(1, "hi\n")], exitCode: 0)
        try await withEngine({ request in
            if request.path == "/images/create" {
                let lines = #"{"status":"Pulling","id":"latest"}"# + "\n" + #"{"status":"Done"}"#
                return .json(200, lines)
            }
            if request.path == "/containers/create", pulled.isFirst {
                return .json(404, #"{"message":"No such image"}"#)
            }
            return running(request)
        }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app")
            #expect(try await end(gateway).isCompleted)
            #expect(gateway.task("t1").texts == ["latest: Pulling", "Done", "no swap", "hi"])
            #expect(engine.requests[1].query == ["fromImage": "app", "tag": "latest"])
        }
    }

    @Test("run: one that cannot be started is removed, and the task ends as the command line has it")
    func failedStart() async throws {
        let running = Self.running([], exitCode: 0)
        try await withEngine({ request in
            if request.path == "/containers/c1/attach" { return .open([streamHead]) }
            guard request.path == "/containers/c1/start" else { return running(request) }
            return .json(400, #"{"message":"exec: \"nix\": executable file not found in $PATH"}"#)
        }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app", container: "web", args: ["nix"])
            #expect(try await end(gateway).exitCode == 127)
            #expect(engine.requests.last?.method == "DELETE")
        }
    }

    @Test("run: cancelling it makes the engine stop the container, with a grace")
    func cancelled() async throws {
        let running = Self.running([], exitCode: 137)
        let stopped = FirstTime()
        try await withEngine({ request in
            switch request.path {
            case "/containers/c1/attach": return .until([streamHead, frame(1, "up\n")]) { stopped.hasPassed }
            case "/containers/c1/stop":
                _ = stopped.isFirst
                return .empty(204)
            default: return running(request)
            }
        }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app")
            try await eventually("it runs") { gateway.task("t1").texts.contains("up") }
            try await gateway.cancel("t1")
            let end = try await end(gateway)
            #expect(end.isCancelled && end.exitCode == 137)
            #expect(engine.requests.first { $0.path == "/containers/c1/stop" }?.query == ["t": "5"])
            #expect(engine.requests.last?.method == "DELETE")
        }
    }

    @Test("what the engine refuses is on stderr, and the task fails", arguments: ["start", "stop", "restart", "logs"])
    func refused(_ operation: String) async throws {
        try await withEngine({ _ in .json(404, #"{"message":"No such container: web"}"#) }) { _, gateway, _ in
            try await gateway.runDocker("t1", operation, container: "web")
            let end = try await end(gateway)
            #expect(end.exitCode == 1 && !end.isCompleted)
            #expect(gateway.task("t1").texts == ["No such container: web"] && gateway.task("t1").lines[0].isError)
        }
    }

    @Test("start, stop and remove say what has become of the container")
    func simple() async throws {
        try await withEngine({ .empty($0.path.hasSuffix("start") ? 304 : 204) }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "start", container: "/web")
            try await gateway.runDocker("t2", "stop", container: "web")
            try await gateway.runDocker("t3", "remove", container: "web", args: ["--force", "--volumes"])
            for id in ["t1", "t2", "t3"] { #expect(try await end(gateway, id).isCompleted) }
            #expect(gateway.task("t1").texts == ["web: was started already"])
            #expect(gateway.task("t2").texts == ["web: stopped"] && gateway.task("t3").texts == ["web: removed"])
            #expect(engine.requests.contains { $0.method == "DELETE" && $0.query == ["force": "1", "v": "1"] })
        }
    }

    @Test("a pull that fails in its middle is a failure with the engine's reason")
    func failedPull() async throws {
        let lines = #"{"status":"Pulling from x","id":"1"}"# + "\r\n" + #"{"error":"manifest unknown"}"# + "\r\n"
        try await withEngine({ _ in .json(200, lines) }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "pull", image: "reg:5000/x:1")
            #expect(try await end(gateway).exitCode == 1)
            #expect(gateway.task("t1").texts == ["1: Pulling from x", "manifest unknown"])
            #expect(engine.requests[0].query == ["fromImage": "reg%3A5000%2Fx", "tag": "1"])
        }
    }

    @Test("exec: output and exit code are the command's, also where the engine is slow to say how it ended")
    func exec() async throws {
        let asked = FirstTime()
        try await withEngine({ request in
            switch request.path {
            case "/containers/web/exec": .json(201, #"{"Id":"e1"}"#)
            case "/exec/e1/start": .raw([streamHead, frame(1, "hello\n"), frame(2, "oh\n")])
            default:
                .json(200, asked.isFirst ? #"{"Running":true,"ExitCode":null}"# : #"{"Running":false,"ExitCode":7}"#)
            }
        }) { engine, gateway, _ in
            try await gateway.runDocker("t1", "exec", container: "web", args: ["sh", "-c", "x"])
            #expect(try await end(gateway).exitCode == 7)
            #expect(Set(gateway.task("t1").texts) == ["hello", "oh"])
            #expect(engine.requests[0].body.contains(#""Cmd":["sh","-c","x"]"#))
        }
    }

    @Test("exec: a command whose process cannot be found is left alone when the task is cancelled")
    func cancelledExec() async throws {
        try await withEngine({ request in
            switch request.path {
            case "/containers/web/exec": .json(201, #"{"Id":"e1"}"#)
            case "/exec/e1/start": .open([streamHead, frame(1, "up\n")])
            default: .json(200, #"{"Running":true,"Pid":1,"ContainerID":"0123456789abcdef"}"#)
            }
        }) { _, gateway, _ in
            try await gateway.runDocker("t1", "exec", container: "web", args: ["sleep", "100"])
            try await eventually("it runs") { gateway.task("t1").texts == ["up"] }
            try await gateway.cancel("t1")
            let end = try await end(gateway)
            #expect(end.isCancelled && end.exitCode == 143)
        }
    }

    @Test(
        "an engine that answers nonsense, nothing or too little fails the task",
        arguments: [
            "", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 200 OK\r\n\r\n[]",
        ])
    func nonsense(_ text: String) async throws {
        try await withEngine({ _ in .raw([Array(text.utf8)]) }) { _, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app")
            #expect(try await end(gateway).exitCode == 125)
        }
    }

    @Test("output that is not what was agreed on ends the task")
    func noFrames() async throws {
        let running = Self.running([Array("plain text\n".utf8)], exitCode: 0)
        try await withEngine(running) { _, gateway, _ in
            try await gateway.runDocker("t1", "run", image: "app")
            #expect(try await end(gateway).exitCode == 125)
        }
    }

    @Test("where nobody listens the task fails and says where it looked; without --allow docker it is refused")
    func noEngine() async throws {
        try await withAgent({
            $0.allowedTasks = ["docker"]
            $0.containerHost = ContainerHost("/tmp/there-is-no-such-socket")
        }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runDocker("t1", "start", container: "web")
            #expect(try await end(gateway).exitCode == 1)
            #expect(gateway.task("t1").texts.first?.contains("/tmp/there-is-no-such-socket") == true)
        }
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.runDocker("t1", "start", container: "web")
            #expect(try await end(gateway).reason == "not_allowed")
        }
    }
}
