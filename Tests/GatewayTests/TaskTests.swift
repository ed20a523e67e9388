import Gateway
import JSON
import TestSupport
import Testing
import Wire

@Suite struct TaskTests {
    @Test("a line has the same bytes live and read back from the file")
    func liveAndReplayed() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("make noise")
        try await agent.hearTask(task)
        let live = try await gateway.listen("shell_output", resource: task)
        try await eventually("it is open") { live.text.contains("id: l0") }
        agent.lines(task, from: 1, ["one", "", "tab\there", "quote \" and \\", "日本語"])
        try await live.hear(5, "shell_output")
        agent.lines(task, from: 6, ["six"])
        try await agent.hearAck(task, upTo: 6)
        agent.finish(task, seq: 7, exitCode: 3)
        try await live.hearEnd()
        try await agent.hearAck(task, upTo: 7, isFinal: true)
        let replayed = try await gateway.listen("shell_output", resource: task)
        try await replayed.hearEnd()
        #expect(live.events("shell_output").count == 7)
        #expect(live.events("shell_output").map(\.bytes) == replayed.events("shell_output").map(\.bytes))
        #expect(live.events("shell_output").compactMap(\.id) == (1...7).map { "l\($0)" })
        for stream in [live, replayed] {
            let end = try #require(stream.events("stream_end").first)
            #expect(end.data["reason"] == .string("completed") && end.data["exit_code"] == .integer(3))
        }
        try await gateway.waitForTask(task, status: "failed")
        #expect(try await gateway.call("GET", "/tasks/\(task)/output").text.hasPrefix("one\n\ntab\there\n"))
        await gateway.stop()
    }

    @Test("lines that the agent had to drop are a gap for those who listen, for those who come later, and in the text")
    func gap() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("flood")
        try await agent.hearTask(task)
        let live = try await gateway.listen("shell_output", resource: task)
        try await eventually("it is open") { live.text.contains("id: l0") }
        agent.lines(task, from: 1, ["1", "2"])
        try await live.hear(2, "shell_output")
        agent.lines(task, from: 6, ["6"], gap: 3...5)
        try await live.hear(3, "shell_output")
        agent.lines(task, from: 9, ["9"])  // two are missing without a word
        agent.finish(task, seq: 10, exitCode: 0)
        try await live.hearEnd()
        let replayed = try await gateway.listen("shell_output", resource: task)
        try await replayed.hearEnd()
        for stream in [live, replayed] {
            let gaps = stream.events("gap").map(\.data)
            #expect(gaps.map { $0["missed"] } == [.integer(3), .integer(2)])
            #expect(gaps.map { $0["from"] } == [.integer(3), .integer(7)])
            #expect(gaps.map { $0["to"] } == [.integer(5), .integer(8)])
            let kinds = stream.events.filter { $0.kind != "stream_status" }.map(\.kind)
            #expect(
                kinds == [
                    "shell_output", "shell_output", "gap", "shell_output", "gap", "shell_output", "shell_output",
                    "stream_end",
                ], "each gap stands where its lines would")
        }
        #expect(
            try await gateway.call("GET", "/tasks/\(task)/output").text
                == "1\n2\n[3 lines are missing: 3 to 5]\n6\n[2 lines are missing: 7 to 8]\n9\n")
        await gateway.stop()
    }

    @Test("a gap is told in a session as well")
    func gapInSession() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("flood")
        try await agent.hearTask(task)
        let session = try JSONParser.parse(try await gateway.call("POST", "/sessions").body)
        let id = try #require(session["session_id"]?.string)
        let stream = try EventSource(port: gateway.httpPort, "/sessions/\(id)/events")
        let body = "{\"stream_type\":\"shell_output\",\"resource\":\"\(task)\",\"session_id\":\"\(id)\"}"
        let created = try await gateway.call("POST", "/subscriptions", body)
        let subscription = try #require(try JSONParser.parse(created.body)["subscription_id"])
        agent.lines(task, from: 1, ["1"])
        try await stream.hear(1, "shell_output")
        agent.lines(task, from: 4, ["4"])
        try await stream.hear(2, "shell_output")
        let gap = try #require(stream.events("gap").first)
        #expect(gap.data["missed"] == .integer(2) && gap.data["subscription_id"] == subscription)
        #expect(stream.events.map(\.kind).filter { $0 != "stream_status" } == ["shell_output", "gap", "shell_output"])
        await gateway.stop()
    }

    @Test("a gap that opens while a slow listener still reads the file reaches it once, in its place")
    func gapDuringReplay() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("flood")
        try await agent.hearTask(task)
        let long = String(repeating: "x", count: 50_000)
        for seq in 1...20 as ClosedRange<UInt64> { agent.lines(task, from: seq, [long]) }
        try await agent.hearAck(task, upTo: 20)
        let path = try await gateway.subscribe("shell_output", resource: task)
        let slow = try EventSource(port: gateway.httpPort, path, receiveBuffer: 4_096)
        try await eventually("it is open") {
            try await gateway.call("GET", "/metrics").text.contains("sluice_streams_opened_total 1\n")
        }
        agent.lines(task, from: 31, ["after the gap"], gap: 21...30)
        try await agent.hearAck(task, upTo: 31)
        agent.finish(task, seq: 32, exitCode: 0)
        try await slow.hearEnd()
        let events = slow.events
        #expect(events.filter { $0.kind == "gap" }.count == 1)
        #expect(events.firstIndex { $0.kind == "gap" } == events.firstIndex { $0.id == "lv" }.map { $0 - 1 })
        #expect(events.compactMap(\.id).count == 23, "the gap has an id too: who has heard of it does not hear again")
        await gateway.stop()
    }

    @Test("a listener that is slower than the live log gets every line once, in order")
    func slowLiveListener() async throws {
        let gateway = try await TestGateway { $0.maxClientBytes = 200_000 }
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("flood")
        try await agent.hearTask(task)
        let path = try await gateway.subscribe("shell_output", resource: task)
        let slow = try EventSource(port: gateway.httpPort, path, receiveBuffer: 4_096)
        try await eventually("it is open") { slow.text.contains("id: l0") }
        let long = String(repeating: "x", count: 5_000)
        for seq in 1...200 as ClosedRange<UInt64> { agent.lines(task, from: seq, [long]) }
        try await agent.hearAck(task, upTo: 200)
        agent.finish(task, seq: 201, exitCode: 0)
        try await slow.hearEnd()
        #expect(slow.events("shell_output").compactMap(\.id) == (1...201).map { "l" + String($0, radix: 36) })
        #expect(slow.events("gap").isEmpty)
        #expect(
            try await gateway.call("GET", "/metrics").text.contains("sluice_drops_total 0\n"), "nothing was dropped")
        await gateway.stop()
    }

    @Test("a gap that waits for a slow live listener, which then goes on in the file, reaches it once, in its place")
    func gapWhileLive() async throws {
        let gateway = try await TestGateway { $0.maxClientBytes = 200_000 }
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("flood")
        try await agent.hearTask(task)
        let path = try await gateway.subscribe("shell_output", resource: task)
        let slow = try EventSource(port: gateway.httpPort, path, receiveBuffer: 4_096)
        try await eventually("it is open") { slow.text.contains("id: l0") }
        let long = String(repeating: "x", count: 5_000)
        for seq in 1...40 as ClosedRange<UInt64> { agent.lines(task, from: seq, [long]) }
        try await agent.hearAck(task, upTo: 40)
        agent.lines(task, from: 51, [long], gap: 41...50)
        for seq in 52...200 as ClosedRange<UInt64> { agent.lines(task, from: seq, [long]) }
        try await agent.hearAck(task, upTo: 200)
        agent.finish(task, seq: 201, exitCode: 0)
        try await slow.hearEnd()
        let expected = Array(1...40) + Array(50...201)  // the gap has the id of its last line
        let events = slow.events.filter { $0.id != nil }
        #expect(events.compactMap(\.id) == expected.map { "l" + String($0, radix: 36) })
        #expect(events.filter { $0.kind == "gap" }.map(\.id) == ["l1e"])
        await gateway.stop()
    }

    @Test("lines that come again after a reconnect are not shown again")
    func repeated() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("x")
        try await agent.hearTask(task)
        let live = try await gateway.listen("shell_output", resource: task)
        agent.lines(task, from: 1, ["1", "2", "3"])
        try await agent.hearAck(task, upTo: 3)
        agent.socket.end()
        let again = try ScriptedAgent(port: gateway.agentPort)
        again.hello { $0.tasks = [.init(id: task, lastSeq: 4, isFinal: false)] }
        let welcome = try await again.hearWelcome()
        #expect(welcome.tasks == [.init(id: task, lastSeq: 3, isFinal: false)])
        again.lines(task, from: 2, ["2", "3", "4"])
        again.finish(task, seq: 5, exitCode: 0)
        try await live.hearEnd()
        #expect(
            live.events("shell_output").compactMap { $0.data["data"]?["line"]?.string } == ["1", "2", "3", "4", ""])
        #expect(live.events("gap").isEmpty && again.taskRequests.isEmpty)
        await gateway.stop()
    }

    @Test("a task whose agent process was restarted has failed, and says why")
    func agentRestarted() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.bootID = 1 }
        let task = try await gateway.runShell("sleep 100")
        try await agent.hearTask(task)
        let live = try await gateway.listen("shell_output", resource: task)
        agent.socket.end()
        let restarted = try await gateway.agent { $0.bootID = 2 }
        try await gateway.waitForTask(task, status: "failed")
        #expect(try await gateway.get("/tasks/\(task)")["reason"] == .string("agent_restarted"))
        try await live.hearEnd()
        #expect(live.events("shell_output").last?.data["data"]?["status"] == .string("failed"))
        restarted.heartbeat()
        let next = try await gateway.runShell("true")
        try await restarted.hearTask(next)
        #expect(restarted.taskRequests == [next])
        await gateway.stop()
    }

    @Test("a task that was lost on its way to the agent is sent again to the same process")
    func sentAgain() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent { $0.bootID = 1 }
        let task = try await gateway.runShell("true")
        try await agent.hearTask(task)
        agent.socket.end()
        let again = try await gateway.agent { $0.bootID = 1 }
        try await again.hearTask(task)
        again.finish(task, seq: 1, exitCode: 0)
        try await gateway.waitForTask(task, status: "completed")
        await gateway.stop()
    }

    @Test("a Hello from a connection that its process has given up ends nothing of a later one")
    func ghostHello() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent {
            $0.bootID = 1
            $0.connection = 2
        }
        let task = try await gateway.runShell("true")
        try await agent.hearTask(task)
        agent.lines(task, from: 1, ["1"])
        try await gateway.waitForTask(task, status: "in_progress")
        let ghost = try ScriptedAgent(port: gateway.agentPort)
        ghost.hello {
            $0.bootID = 1
            $0.connection = 1
        }
        try await ghost.hearEnd()
        guard case .refusal(.busy, _, let retryAfter)? = ghost.said.last else {
            Issue.record("\(ghost.said)")
            return
        }
        #expect(retryAfter ?? 0 >= 500)
        agent.finish(task, seq: 2, exitCode: 0)
        try await gateway.waitForTask(task, status: "completed")
        // Nor does it when the later connection has ended meanwhile.
        agent.socket.end()
        try await gateway.waitForAgent(isConnected: false)
        let later = try ScriptedAgent(port: gateway.agentPort)
        later.hello {
            $0.bootID = 1
            $0.connection = 1
        }
        try await later.hearEnd()
        _ = try await gateway.agent {
            $0.bootID = 1
            $0.connection = 3
        }
        await gateway.stop()
    }

    @Test("a task for an agent that is away goes to it when it is back")
    func waitsForAgent() async throws {
        let gateway = try await TestGateway()
        try await gateway.agent().socket.end()
        try await gateway.waitForAgent(isConnected: false)
        let task = try await gateway.runShell("true")
        #expect(try await gateway.get("/tasks/\(task)")["status"] == .string("created"))
        let back = try await gateway.agent { $0.bootID = 55 }
        try await back.hearTask(task)
        await gateway.stop()
    }

    @Test("a task that its absent agent never got is cancelled at once, and the agent never sees it")
    func cancelUnsent() async throws {
        let gateway = try await TestGateway()
        try await gateway.agent().socket.end()
        try await gateway.waitForAgent(isConnected: false)
        let task = try await gateway.runShell("true")
        #expect(try await gateway.call("DELETE", "/tasks/\(task)").status < 300)
        try await gateway.waitForTask(task, status: "cancelled")
        let back = try await gateway.agent()
        let next = try await gateway.runShell("true")
        try await back.hearTask(next)
        #expect(back.taskRequests == [next])
        await gateway.stop()
    }

    @Test("a cancellation reaches an agent that has the task when it is back")
    func cancelWhileAway() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("sleep 100")
        try await agent.hearTask(task)
        agent.lines(task, from: 1, ["started"])
        try await agent.hearAck(task, upTo: 1)
        agent.socket.end()
        try await gateway.waitForAgent(isConnected: false)
        #expect(try await gateway.call("DELETE", "/tasks/\(task)").status < 300)
        #expect(try await gateway.get("/tasks/\(task)")["status"] == .string("in_progress"))
        let back = try await gateway.agent { $0.tasks = [.init(id: task, lastSeq: 1, isFinal: false)] }
        try await eventually("it is told") { back.said.contains(.taskCancel(id: task)) }
        back.finish(task, seq: 2, exitCode: 143, isCancelled: true)
        try await gateway.waitForTask(task, status: "cancelled")
        await gateway.stop()
    }
}
