import Gateway
import JSON
import TestSupport
import Testing

/// A host that prints and samples at random, several tasks and two intervals, and a session that reads all of it.
private final class BusySession {
    let agent: ScriptedAgent
    let reader: SessionReader
    let session: String
    /// Lines printed so far.
    private(set) var printed: [String: UInt64] = [:]
    /// Subscriptions of the tasks, and of the views.
    private(set) var subscriptions: [String: String] = [:]
    private var ended: Set<String> = []
    private(set) var sampled: UInt64 = 0
    private var desired: (generation: UInt64, streams: [GatewaySaid.Stream])?

    init(_ gateway: TestGateway) async throws {
        agent = try await gateway.agent()
        let (session, path) = try await gateway.createSession()
        self.session = session
        reader = SessionReader(path: path)
    }

    func addTask(_ gateway: TestGateway) async throws {
        let task = try await gateway.runShell("print")
        try await agent.hearTask(task)
        printed[task] = 0
        subscriptions[task] = try await gateway.add("shell_output", resource: task, to: session)
    }

    func addView(_ interval: String, _ gateway: TestGateway) async throws {
        subscriptions[interval] = try await gateway.add(
            "metrics", agent: "agent1", config: "\"interval\":\"\(interval)\",\"buffer_size\":10000", to: session)
    }

    func hearDesired(_ intervals: [UInt32]) async throws { desired = try await agent.hearDesired(metrics: intervals) }

    func sample() {
        guard let desired else { return }
        sampled += 1
        agent.metrics(
            ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(sampled), at: sampled * 100)
    }

    func print(_ task: String, _ count: UInt64) {
        guard !ended.contains(task), let last = printed[task], count > 0 else { return }
        agent.lines(task, from: last + 1, (1...count).map { "line \(last + $0) of \(task)" })
        printed[task] = last + count
    }

    func end(_ task: String) {
        guard !ended.contains(task), let last = printed[task] else { return }
        agent.finish(task, seq: last + 1, exitCode: 0)
        printed[task] = last + 1
        ended.insert(task)
    }

    func act(using random: inout some RandomNumberGenerator) {
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            if Bool.random(using: &random) { sample() }
            guard let task = printed.keys.sorted().randomElement(using: &random) else { continue }
            print(task, UInt64.random(in: 0...4, using: &random))
        }
    }

    func check(_ comment: Comment) {
        for (task, last) in printed {
            #expect(reader.lines(of: task) == (1...Int(last)).map { $0 }, comment)
            #expect(reader.ends(of: subscriptions[task] ?? "") == (ended.contains(task) ? 1 : 0), comment)
        }
    }
}

@Suite struct SessionResumeTests {
    @Test(
        "a session that breaks at any byte, again and again, has every line once and in order, and knows what it missed",
        arguments: [seed()])
    func randomBreaks(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let gateway = try await TestGateway()
        let busy = try await BusySession(gateway)
        for _ in 0..<4 { try await busy.addTask(gateway) }
        // These two are never away, so the views go on, and say what there was.
        let fast = try await gateway.listen(
            "metrics", agent: "agent1", config: "\"interval\":\"100ms\",\"buffer_size\":10000")
        let slow = try await gateway.listen(
            "metrics", agent: "agent1", config: "\"interval\":\"300ms\",\"buffer_size\":10000")
        for stream in [fast, slow] { try await eventually("it is open") { stream.text.contains("id: ") } }
        try await busy.addView("100ms", gateway)
        try await busy.addView("300ms", gateway)
        try await busy.hearDesired([100])
        try busy.reader.connect(to: gateway)
        try await eventually("it is open") { busy.reader.source?.text.contains("id: s") == true }
        for round in 0..<60 {
            busy.act(using: &random)
            if round == 40, let task = busy.printed.keys.sorted().first { busy.end(task) }
            let enough = Int.random(in: 0...20, using: &random)
            try await eventually("something comes") {
                busy.sample()
                return busy.reader.isEnded || busy.reader.countOnConnection >= enough
            }
            let isLate = Bool.random(using: &random)
            busy.reader.breakOff { Int.random(in: isLate ? max(0, $0 - 2_000)...$0 : 0...$0, using: &random) }
            if Bool.random(using: &random) { busy.act(using: &random) }
            try busy.reader.connect(to: gateway)
            #expect(!fast.hasEnded && !slow.hasEnded)  // reads: they are never slow either
        }
        for task in busy.printed.keys.sorted() {
            busy.print(task, 3)
            busy.end(task)
        }
        for _ in 0..<3 { busy.sample() }
        let comment: Comment = "repeat with SLUICE_SEED=\(seed)"
        try await eventually("all has come") {
            // A connection that was broken off may be handled after the next one, and take its place.
            if busy.reader.isEnded { try busy.reader.connect(to: gateway) }
            return busy.printed.allSatisfy { busy.reader.lines(of: $0.key).last == Int($0.value) }
                && busy.subscriptions.filter { $0.key.hasPrefix("task_") }
                    .allSatisfy { busy.reader.ends(of: $0.value) > 0 }
        }
        busy.check(comment)
        for (stream, interval) in [(fast, "100ms"), (slow, "300ms")] {
            let all = stream.events("metrics").compactMap { $0.data["data"]?["cpu"]?["usage_percent"]?.double }
            busy.reader.check(
                "metrics@\(interval.dropLast(2))ms", busy.subscriptions[interval] ?? "", are: all, comment)
        }
        await gateway.stop()
    }

    @Test("tasks of a session continue exactly when the gateway has started again, the other views after a gap")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await TestGateway(data: directory.path)
        let busy = try await BusySession(first)
        for _ in 0..<3 { try await busy.addTask(first) }
        try await busy.addView("100ms", first)
        try busy.reader.connect(to: first)
        try await busy.hearDesired([100])
        let tasks = busy.printed.keys.sorted()
        for task in tasks { busy.print(task, 5) }
        busy.end(tasks[0])
        busy.sample()
        for task in tasks { try await busy.agent.hearAck(task, upTo: 5) }
        try await eventually("it is there") {
            busy.reader.seen("metrics").count == 1 && busy.reader.lines(of: tasks[1]).count == 5
                && busy.reader.seen("stream_end").count == 1
        }
        busy.reader.breakOff { $0 }
        await first.stop()
        let second = try await TestGateway(data: directory.path)
        try busy.reader.connect(to: second)
        try await eventually("the gap is told") { busy.reader.seen("gap").count == 1 }
        #expect(busy.reader.seen("gap").last?.data["missed"] == .null)
        let again = try await second.agent { hello in
            hello.tasks = tasks.dropFirst().map { .init(id: $0, lastSeq: 6, isFinal: false) }
        }
        for task in tasks.dropFirst() { again.lines(task, from: 6, ["six"]) }
        try await eventually("it goes on") { tasks.dropFirst().allSatisfy { busy.reader.lines(of: $0).count == 6 } }
        #expect(busy.reader.lines(of: tasks[0]) == Array(1...6), "the last one says that it has ended")
        for task in tasks.dropFirst() { #expect(busy.reader.lines(of: task) == Array(1...6)) }
        #expect(busy.reader.seen("stream_end").count == 1, "an end that was told is not told again")
        await second.stop()
    }
}

@Suite struct SessionTests {
    /// A session that is open.
    private func open(_ gateway: TestGateway) async throws -> (id: String, reader: SessionReader) {
        let (id, path) = try await gateway.createSession()
        let reader = SessionReader(path: path)
        try reader.connect(to: gateway)
        try await eventually("it is open") { reader.source?.text.contains("id: s") == true }
        return (id, reader)
    }

    private func waitUntilGone(_ session: String, _ gateway: TestGateway) async throws {
        try await eventually("the gateway has noticed") {
            try await gateway.get("/subscriptions?session_id=\(session)")["subscriptions"]?.array?
                .allSatisfy { $0["status"] == .string("disconnected") || $0["status"] == .string("ended") } == true
        }
    }

    @Test("of views of every agent and of one of them, each sample comes once, whichever of them are there")
    func everyAgent() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let (session, reader) = try await open(gateway)
        let config = "\"interval\":\"1s\",\"snapshot\":false"
        let other = try await gateway.listen("metrics", agent: "agent1", config: config)  // the agent goes on
        _ = try await gateway.add("metrics", agent: "agent1", config: config, to: session)
        let desired = try await agent.hearDesired(metrics: [1_000])
        var sampled: UInt64 = 0
        func sample() async throws {
            sampled += 1
            agent.metrics(
                ref: desired.streams[0].ref, generation: desired.generation, cpu: Double(sampled), at: sampled * 1_000)
            try await eventually("sample \(sampled) comes") { reader.seen("metrics").count >= Int(sampled) }
        }
        try await sample()
        let every = try await gateway.add("metrics", agent: "*", config: config, to: session)
        try await sample()
        try await sample()
        _ = try await gateway.call("DELETE", "/subscriptions/\(every)")
        try await sample()
        _ = try await gateway.add("metrics", agent: "*", config: config, to: session)
        try await sample()
        reader.breakOff { $0 }
        try await waitUntilGone(session, gateway)
        try reader.connect(to: gateway)
        try await eventually("it is open") { reader.source?.text.contains("id: s") == true }
        try await sample()
        let values = reader.seen("metrics").compactMap { $0.data["data"]?["cpu"]?["usage_percent"]?.double }
        #expect(values == (1...sampled).map { Double($0) })
        #expect(reader.seen("gap").isEmpty)
        #expect(reader.seen("stream_end").count == 1 && !other.hasEnded)
        await gateway.stop()
    }

    @Test("a subscription that is made while the session's client is away is new when it comes back")
    func addedMeanwhile() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let (session, reader) = try await open(gateway)
        _ = try await gateway.add("metrics", agent: "agent1", config: "\"interval\":\"1s\"", to: session)
        let desired = try await agent.hearDesired(metrics: [1_000])
        agent.metrics(ref: desired.streams[0].ref, generation: desired.generation, cpu: 1, at: 1_000)
        try await eventually("it comes") { reader.seen("metrics").count == 1 }
        reader.breakOff { $0 }
        try await waitUntilGone(session, gateway)
        _ = try await gateway.add("metrics", agent: "agent1", config: "\"interval\":\"2s\"", to: session)
        try reader.connect(to: gateway)
        let snapshot = try await eventuallyFirst("the snapshot of the new view") {
            reader.seen("metrics").dropFirst().first
        }
        #expect(snapshot.data["view"] == .string("metrics@2000ms"))
        #expect(snapshot.data["metadata"]?["snapshot"] == .bool(true))
        #expect(reader.seen("gap").isEmpty && reader.seen("metrics").count == 2, "and nothing else")
        await gateway.stop()
    }

    @Test("a task that is subscribed to anew begins anew, whatever the session has read of it")
    func subscribedAnew() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("print")
        try await agent.hearTask(task)
        agent.lines(task, from: 1, ["1", "2", "3"])
        let (session, reader) = try await open(gateway)
        let first = try await gateway.add("shell_output", resource: task, to: session)
        try await eventually("it comes") { reader.lines(of: task) == [1, 2, 3] }
        _ = try await gateway.call("DELETE", "/subscriptions/\(first)")
        _ = try await gateway.add("shell_output", resource: task, to: session)
        try await eventually("it comes again") { reader.lines(of: task) == [1, 2, 3, 1, 2, 3] }
        reader.breakOff { $0 }
        agent.lines(task, from: 4, ["4"])
        try reader.connect(to: gateway)
        try await eventually("it goes on") { reader.lines(of: task).count == 7 }
        #expect(reader.lines(of: task) == [1, 2, 3, 1, 2, 3, 4])
        await gateway.stop()
    }

    @Test("a cursor that is none of this program's is a gap for what was read before, and no reason to end")
    func garbage() async throws {
        let gateway = try await TestGateway()
        let agent = try await gateway.agent()
        let task = try await gateway.runShell("print")
        try await agent.hearTask(task)
        agent.lines(task, from: 1, ["1", "2"])
        let (session, reader) = try await open(gateway)
        let metrics = try await gateway.add("metrics", agent: "agent1", to: session)
        _ = try await gateway.add("shell_output", resource: task, to: session)
        try await eventually("it comes") { reader.lines(of: task) == [1, 2] }
        reader.breakOff { $0 }
        for cursor in ["garbage", "s9.9~x", "l5", "s1.zzzzzzz", "s99.1"] {
            let again = try EventSource(port: gateway.httpPort, reader.path, lastEventID: cursor)
            let gap = try #require(try await again.hear(1, "gap").first)
            #expect(gap.data["missed"] == .null && gap.data["subscription_id"] == .string(metrics))
            try await again.hear(2, "shell_output")
            again.leave()
        }
        // The first time too: who brings an id has had something before.
        let (other, path) = try await gateway.createSession()
        let subscription = try await gateway.add("metrics", agent: "agent1", to: other)
        let first = try EventSource(port: gateway.httpPort, path, lastEventID: "garbage")
        let gap = try #require(try await first.hear(1, "gap").first)
        #expect(gap.data["missed"] == .null && gap.data["subscription_id"] == .string(subscription))
        await gateway.stop()
    }
}

/// Waits for a value.
private func eventuallyFirst<Value>(_ what: String, _ find: () -> Value?) async throws -> Value {
    var found: Value?
    try await eventually(what) {
        found = find()
        return found != nil
    }
    return try #require(found)
}
