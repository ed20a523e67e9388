import Gateway
import JSON
import Model
import TestSupport
import Testing

/// The status of a deployment as those who watch it see it.
@Suite struct DeploymentStreamTests {
    private static let compose = [
        "::step 1/2 images", "Pulling web (nginx:1.25)...", "noise", "::step 2/2 containers",
        " Container shop-db-1  Creating", " Container shop-db-1  Started", "noise", "noise",
        " Container shop-web-1  Started",
    ]

    @Test("who wants the processed status alone gets it with every field, then the completion, then the end")
    func customerExample() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let stream = try await gateway.watch(id, config: DeploymentConfig.changesWithoutRaw.rawValue)
        agent.lines(task, from: 1, Self.compose)
        agent.finish(task, seq: 10, exitCode: 0)
        try await stream.hearEnd()
        let events = stream.events("deployment_status").filter { $0.id != nil }
        #expect(events.compactMap(\.id) == ["l1", "l2", "l4", "l5", "l6", "l9", "la"])
        let last = try #require(events.last)
        #expect(last.data["type"] == .string("deployment_status") && last.data["agent_id"] == .string("agent1"))
        #expect(last.data["stream_type"] == .string("deployment_status") && last.data["resource"] == .string(id))
        #expect(last.data["view"] == .string("deployment_status;raw=off;changes"))
        let data = try #require(last.data["data"]?.object)
        #expect(
            data.members.map(\.name) == [
                "deployment_id", "status", "phase", "progress", "message", "services", "health", "timestamp",
            ])
        #expect(data["deployment_id"] == .string(id) && data["status"] == .string("completed"))
        #expect(data["phase"] == .string("completed") && data["progress"] == .integer(100))
        #expect(data["message"] == .string("completed: 2 of 2 services healthy"))
        #expect(data["health"] == .string("healthy") && data["timestamp"]?.double == 1_700_000_100)
        let service = data["services"]?.array?.first
        #expect(service?["name"] == .string("shop-db-1") && service?["state"] == .string("Started"))
        #expect(service?["health"] == .string("healthy"))
        let percents = events.compactMap { $0.data["data"]?["progress"]?.double }
        #expect(percents == percents.sorted() && percents.last == 100)

        let complete = try #require(stream.events("deployment_complete").first)
        #expect(complete.data["type"] == .string("deployment_complete") && complete.id == "lb")
        #expect(complete.data["stream_type"] == .string("deployment_status"))
        let completion = try #require(complete.data["data"]?.object)
        #expect(completion.members.map(\.name) == ["deployment_id", "success", "duration", "summary", "exit_code"])
        #expect(completion["success"] == .bool(true) && completion["exit_code"] == .integer(0))
        #expect(try #require(completion["duration"]?.double) >= 0)
        #expect(completion["summary"]?.string?.hasPrefix("completed: 2 of 2 services healthy, after ") == true)
        let end = try #require(stream.events.last)
        #expect(end.kind == "stream_end" && end.data["reason"] == .string("completed"))
        #expect(end.data["exit_code"] == .integer(0))
        await gateway.stop()
    }

    @Test("with raw output every line is an event, and has the line in it")
    func rawOutput() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let stream = try await gateway.watch(id)
        agent.lines(task, from: 1, ["", "quote \" and \\", "::progress 7 x", "日本語"])
        agent.finish(task, seq: 5, exitCode: 1)
        try await stream.hearEnd()
        #expect(stream.numbered.compactMap(\.id) == ["l1", "l2", "l3", "l4", "l5", "l6"])
        let payloads = stream.events("deployment_status").filter { $0.id != nil }.compactMap { $0.data["data"] }
        #expect(
            payloads.map { $0["raw_output"] } == [
                .string(""), .string("quote \" and \\"), .string("::progress 7 x"), .string("日本語"), nil,
            ])
        #expect(payloads.map { $0["progress"] } == [.null, .null, .integer(7), .integer(7), .integer(7)])
        #expect(stream.events("deployment_status").last?.data["view"] == .string("deployment_status"))
        await gateway.stop()
    }

    @Test(
        "what is shown differs by the configuration, and so does the view's name", arguments: DeploymentConfig.allCases)
    private func configurations(_ config: DeploymentConfig) async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let stream = try await gateway.watch(id, config: config.rawValue)
        agent.lines(task, from: 1, ["noise", "noise", "::message halfway", "::phase starting"])
        agent.finish(task, seq: 5, exitCode: 0)
        try await stream.hearEnd()
        let (ids, view) =
            switch config {
            case .all: (["l1", "l2", "l3", "l4", "l5", "l6"], "deployment_status")
            case .withoutRaw: (["l1", "l3", "l4", "l5", "l6"], "deployment_status;raw=off")
            case .changes: (["l1", "l4", "l5", "l6"], "deployment_status;changes")
            case .changesWithoutRaw: (["l1", "l4", "l5", "l6"], "deployment_status;raw=off;changes")
            }
        #expect(stream.numbered.compactMap(\.id) == ids)
        #expect(stream.numbered.allSatisfy { $0.data["view"] == .string(view) })
        let raw = stream.numbered.last { $0.id == "l4" }?.data["data"]?["raw_output"]
        #expect(raw == (config == .all || config == .changes ? .string("::phase starting") : nil))
        await gateway.stop()
    }

    @Test("events have the same bytes live, late and after the end, in every configuration")
    func liveAndReplayed() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        var live: [EventSource] = []
        var late: [EventSource] = []
        for config in DeploymentConfig.allCases { live.append(try await gateway.watch(id, config: config.rawValue)) }
        agent.lines(task, from: 1, Array(Self.compose.prefix(5)))
        try await agent.hearAck(task, upTo: 5)
        for config in DeploymentConfig.allCases { late.append(try await gateway.watch(id, config: config.rawValue)) }
        agent.lines(task, from: 6, Array(Self.compose.dropFirst(5)), gap: nil)
        agent.lines(task, from: 13, ["after a gap"])
        agent.finish(task, seq: 14, exitCode: 2)
        for stream in live + late { try await stream.hearEnd() }
        try await agent.hearAck(task, upTo: 14, isFinal: true)
        for (index, config) in DeploymentConfig.allCases.enumerated() {
            let replayed = try await gateway.watch(id, config: config.rawValue)
            try await replayed.hearEnd()
            let kinds = replayed.numbered.map(\.kind)
            #expect(kinds.count { $0 == "gap" } == 1 && kinds.last == "deployment_complete")
            func bytes(_ stream: EventSource) -> [String] {
                stream.numbered.filter { $0.kind != "gap" }.map(\.bytes)
            }
            #expect(bytes(live[index]) == bytes(replayed), "live, \(config)")
            #expect(bytes(late[index]) == bytes(replayed), "late, \(config)")
            for stream in [live[index], late[index], replayed] {
                #expect(stream.numbered.map(\.id) == replayed.numbered.map(\.id), "gaps stand where they were")
                #expect(stream.events("stream_end").map { $0.data["exit_code"] } == [.integer(2)])
            }
        }
        await gateway.stop()
    }

    @Test("whoever comes back with the id of any event gets exactly the rest; after the last there is nothing")
    func resumedAfterTheEnd() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        agent.lines(task, from: 1, Self.compose)
        agent.finish(task, seq: 10, exitCode: 0)
        try await agent.hearAck(task, upTo: 10, isFinal: true)
        for config in DeploymentConfig.allCases {
            let all = try await gateway.watch(id, config: config.rawValue)
            try await all.hearEnd()
            for number in 1...11 {
                let path = try await gateway.subscribe("deployment_status", resource: id, config: config.rawValue)
                let cursor = "l" + String(number, radix: 36)
                let stream = try EventSource(port: gateway.httpPort, path, lastEventID: cursor)
                try await stream.hearEnd()
                let rest = all.numbered.filter { event in
                    (event.id?.dropFirst()).flatMap { Int($0, radix: 36) } ?? 0 > number
                }
                #expect(stream.numbered == rest, "\(config) after \(cursor)")
                #expect(stream.response?.status == (number == 11 ? 204 : 200))
            }
        }
        await gateway.stop()
    }

    @Test("who comes late to many lines that changed nothing goes on live with the next change")
    func sparse() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let first = try await gateway.watch(id, config: DeploymentConfig.changes.rawValue)
        let noise = (1...500).map { "noise \($0)" }
        agent.lines(task, from: 1, ["::phase building"] + noise)
        try await agent.hearAck(task, upTo: 501)
        let late = try await gateway.watch(id, config: DeploymentConfig.changes.rawValue)
        try await late.hear(1, "deployment_status")
        agent.lines(task, from: 502, noise)
        try await agent.hearAck(task, upTo: 1_001)
        agent.lines(task, from: 1_002, ["::phase starting"])
        for stream in [first, late] { try await stream.hear(2, "deployment_status") }
        agent.finish(task, seq: 1_003, exitCode: 0)
        for stream in [first, late] {
            try await stream.hearEnd()
            #expect(stream.numbered.map(\.id) == ["l1", "lru", "lrv", "lrw"])
        }
        await gateway.stop()
    }

    @Test(
        "a watcher that is slower than the live log gets every event once, in order",
        arguments: DeploymentConfig.allCases)
    private func slow(_ config: DeploymentConfig) async throws {
        let gateway = try await TestGateway { $0.maxClientBytes = 100_000 }
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let path = try await gateway.subscribe("deployment_status", resource: id, config: config.rawValue)
        let slow = try EventSource(port: gateway.httpPort, path, receiveBuffer: 4_096)
        try await eventually("it is open") { slow.text.contains("id: l0") }
        let long = String(repeating: "x", count: 250)
        for batch in 0..<60 as Range<UInt64> {
            let lines = (0..<50).map { "::progress \($0 + Int(batch) % 50) \(batch) \(long)" }
            agent.lines(task, from: batch * 50 + 1, lines)
        }
        try await agent.hearAck(task, upTo: 3_000)
        agent.finish(task, seq: 3_001, exitCode: 0)
        try await slow.hearEnd()
        let all = try await gateway.watch(id, config: config.rawValue)
        try await all.hearEnd()
        #expect(slow.numbered.map(\.bytes) == all.numbered.map(\.bytes))
        #expect(slow.events("gap").isEmpty)
        await gateway.stop()
    }

    @Test("a session reads deployments beside tasks, and resumes each")
    func session() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        let (session, path) = try await gateway.createSession()
        let subscription = try await gateway.add("deployment_status", resource: id, to: session)
        let changes = try await gateway.add(
            "deployment_status", resource: id, config: DeploymentConfig.changesWithoutRaw.rawValue, to: session)
        let reader = SessionReader(path: path)
        try reader.connect(to: gateway)
        agent.lines(task, from: 1, Array(Self.compose.prefix(4)))
        try await eventually("four lines, three changes") {
            reader.seen("deployment_status").count { $0.id != nil } >= 7
        }
        reader.breakOff { $0 }
        agent.lines(task, from: 5, Array(Self.compose.dropFirst(4)))
        agent.finish(task, seq: 10, exitCode: 0)
        try await agent.hearAck(task, upTo: 10, isFinal: true)
        try reader.connect(to: gateway)
        try await eventually("both have ended") { reader.ends(of: subscription) + reader.ends(of: changes) == 2 }
        let status = reader.seen("deployment_status").filter { $0.data["metadata"]?["snapshot"] == nil }
        #expect(status.count { $0.data["view"] == .string("deployment_status") } == 10)
        #expect(status.count { $0.data["view"] == .string("deployment_status;raw=off;changes") } == 7)
        #expect(reader.seen("deployment_complete").count == 2)
        await gateway.stop()
    }

    @Test("a restart of the gateway in the middle changes nothing for anybody")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await TestGateway(data: directory.path)
        let agent = try await first.deployer()
        let (task, id) = try await first.deployed(on: agent)
        let config = DeploymentConfig.withoutRaw.rawValue
        let path = try await first.subscribe("deployment_status", resource: id, config: config)
        let before = try EventSource(port: first.httpPort, path)
        agent.lines(task, from: 1, Array(Self.compose.prefix(6)))
        try await before.hear(5, "deployment_status")
        try await agent.hearAck(task, upTo: 6)
        let seen = before.numbered
        await first.stop()

        let second = try await TestGateway(data: directory.path)
        #expect(try await second.get("/deployments/\(id)")["services"]?.array?.count == 1, "before the agent is back")
        let after = try EventSource(port: second.httpPort, path, lastEventID: seen.last?.id)
        let again = try await second.deployer { $0.tasks = [.init(id: task, lastSeq: 6, isFinal: false)] }
        again.lines(task, from: 7, Array(Self.compose.dropFirst(6)))
        again.finish(task, seq: 10, exitCode: 0)
        try await after.hearEnd()
        try await again.hearAck(task, upTo: 10, isFinal: true)
        let all = try await second.watch(id, config: config)
        try await all.hearEnd()
        #expect((seen + after.numbered).map(\.bytes) == all.numbered.map(\.bytes))
        #expect(try await second.get("/deployments/\(id)")["status"] == .string("completed"))
        await second.stop()

        let third = try await TestGateway(data: directory.path)
        let late = try await third.watch(id, config: config)
        try await late.hearEnd()
        #expect(late.numbered.map(\.bytes) == all.numbered.map(\.bytes))
        await third.stop()
    }
}
