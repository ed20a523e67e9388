import Testing
import Wire

@testable import AgentCore

@Suite("Deployments", .serialized)
struct DeploymentTests {
    private func withDeployer(_ body: (ScriptedGateway) async throws -> Void) async throws {
        try await withAgent({ $0.allowedTasks = ["deploy"] }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await body(gateway)
        }
    }

    private func end(of id: String, on gateway: ScriptedGateway) async throws -> ScriptedGateway.Task {
        try await eventually("the end") { !gateway.task(id).finals.isEmpty }
        return gateway.task(id)
    }

    @Test("its steps run one after the other, each after a line that tells of it")
    func steps() async throws {
        try await withDeployer { gateway in
            #expect(gateway.state.hellos[0].taskKinds == ["deploy"])
            try await gateway.deploy(
                "d1",
                [
                    ("fetch", "echo one; printf two", nil), ("", "echo $$ >/dev/null", nil),
                    ("run it", "echo three", nil),
                ])
            let task = try await end(of: "d1", on: gateway)
            #expect(
                task.texts == ["::step 1/3 fetch", "one", "two", "::step 2/3 ", "::step 3/3 run it", "three"])
            #expect(task.finals.map(\.exitCode) == [0] && task.finals[0].isCompleted)
        }
    }

    @Test("the first step that fails ends it, with its exit code")
    func failure() async throws {
        try await withDeployer { gateway in
            try await gateway.deploy("d1", [("a", "true", nil), ("b", "exit 7", nil), ("c", "echo no", nil)])
            let task = try await end(of: "d1", on: gateway)
            #expect(task.texts == ["::step 1/3 a", "::step 2/3 b"])
            #expect(task.finals.map(\.exitCode) == [7] && !task.finals[0].isCompleted)
        }
    }

    @Test("a step has its own time, and all of them have that of the task")
    func timeouts() async throws {
        try await withDeployer { gateway in
            try await gateway.deploy("d1", [("a", "sleep 0.2", 60_000), ("b", "sleep 60", 200), ("c", "echo no", nil)])
            try await gateway.deploy(
                "d2", [("a", "sleep 0.2", nil), ("b", "sleep 60", 60_000), ("c", "echo no", nil)], timeout: 3_000)
            for id in ["d1", "d2"] {
                let task = try await end(of: id, on: gateway)
                #expect(task.texts == ["::step 1/3 a", "::step 2/3 b"])
                #expect(task.finals.map(\.isTimedOut) == [true])
            }
        }
    }

    @Test("a cancelled deployment begins no further step")
    func cancel() async throws {
        try await withDeployer { gateway in
            try await gateway.deploy(
                "d1",
                [("a", "true", nil), ("b", "trap 'exit 0' TERM; echo up; sleep 60 & wait", nil), ("c", "echo no", nil)])
            try await eventually("the second step") { gateway.task("d1").texts.last == "up" }
            try await gateway.cancel("d1")
            let task = try await end(of: "d1", on: gateway)
            #expect(task.texts.last == "up" && task.finals.map(\.isCancelled) == [true])
        }
    }

    @Test("a process that a step leaves behind does not keep the next one from starting")
    func background() async throws {
        try await withDeployer { gateway in
            try await gateway.deploy("d1", [("a", "sleep 8 & echo started", nil), ("b", "echo next", nil)])
            let task = try await end(of: "d1", on: gateway)
            #expect(task.texts == ["::step 1/2 a", "started", "::step 2/2 b", "next"])
        }
    }

    @Test("a name is one line of output, whatever is in it")
    func names() {
        let step = TaskStep(name: Array("a\nb\u{1b}[2J\u{7f}".utf8) + [0xff], command: [], timeout: nil)
        #expect(step.boundary(number: 2, of: 5) == Array("::step 2/5 a b [2J ".utf8) + [0xff])
        let long = TaskStep(name: [UInt8](repeating: 65, count: 9999), command: [], timeout: nil)
        #expect(long.boundary(number: 1, of: 1)?.count == 267)
        #expect(TaskStep(name: nil, command: [], timeout: nil).boundary(number: 1, of: 1) == nil)
    }

    @Test("only an agent that was told to allow deployments runs them, and none without steps")
    func refused() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.deploy("d1", [("a", "echo no", nil)])
            #expect(try await end(of: "d1", on: gateway).finals.map(\.reason) == ["not_allowed"])
        }
        try await withDeployer { gateway in
            try await gateway.runShell("t1", "echo no")
            #expect(try await end(of: "t1", on: gateway).finals.map(\.reason) == ["not_allowed"])
            try await gateway.deploy("d1", [])
            #expect(try await end(of: "d1", on: gateway).finals.map(\.reason) == ["invalid_command"])
            try await gateway.deploy("d2", [("a", "echo no", nil), ("b", "a\0b", nil)])
            #expect(try await end(of: "d2", on: gateway).finals.map(\.reason) == ["invalid_command"])
        }
    }
}

extension ScriptedGateway {
    fileprivate func deploy(
        _ id: String, _ steps: [(name: String, command: String, timeout: UInt32?)], timeout: UInt32? = nil
    ) async throws {
        try await send { arena in
            .taskRequest(
                arena.make { request in
                    request.task_id = arena.copy(id)
                    wireSet(&request.has_timeout_ms, &request.timeout_ms, timeout)
                    request.task = .deployment(
                        arena.make { deployment in
                            deployment.deployment_id = arena.copy(id)
                            deployment.n_steps = steps.count
                            deployment.steps = arena.makeList(count: steps.count) { index, step in
                                step.name = arena.copy(steps[index].name)
                                wireSet(&step.has_cmd, &step.cmd, arena.copyBytes(steps[index].command))
                                wireSet(&step.has_timeout_ms, &step.timeout_ms, steps[index].timeout)
                            }
                        })
                })
        }
    }
}
