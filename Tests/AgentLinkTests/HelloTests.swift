import Model
import Testing
import Wire

@testable import AgentLink

@Suite struct HelloTests {
    private func read(_ change: (WireArena, inout WireHello) -> Void) throws -> AgentHello {
        let arena = WireArena()
        let wire: UnsafeMutablePointer<WireHello> = arena.make {
            wireSet(&$0.has_protocol_version, &$0.protocol_version, 1)
            $0.agent_id = arena.copy("agent1")
            change(arena, &$0)
        }
        return try AgentHello(wire.pointee)
    }

    private func expectInvalid(
        _ reason: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (WireArena, inout WireHello) -> Void
    ) {
        #expect(throws: AgentRefusal.invalidHello(reason), sourceLocation: sourceLocation) { try read(change) }
    }

    @Test("what is left out is empty")
    func minimal() throws {
        let hello = try read { _, _ in }
        #expect(hello.token == nil && hello.hostname.isEmpty && hello.version.isEmpty && hello.bootID == 0)
        #expect(hello.labels.isEmpty && hello.tasks.isEmpty && hello.capabilities.isEmpty)
    }

    @Test("stream types and kinds of task that this gateway does not know are left out")
    func unknownCapabilities() throws {
        let hello = try read { arena, wire in
            wire.n_stream_types = 2
            wire.stream_types = arena.copy(["metrics", "telepathy"])
            wire.n_task_kinds = 2
            wire.task_kinds = arena.copy(["dream", "shell"])
        }
        #expect(hello.streamTypes == [.metrics] && hello.taskKinds == ["shell"])
    }

    @Test("a newer protocol is accepted")
    func newerProtocol() throws {
        _ = try read { _, wire in wireSet(&wire.has_protocol_version, &wire.protocol_version, 2) }
    }

    @Test(
        "an id is 1 to 128 characters of a small alphabet",
        arguments: ["", "a b", "ä", String(repeating: "x", count: 129)])
    func badID(_ id: String) {
        expectInvalid("agent_id must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ -") { arena, wire in
            wire.agent_id = arena.copy(id)
        }
    }

    @Test("texts have at most 255 bytes")
    func texts() throws {
        let longest = String(repeating: "x", count: 255)
        let tooLong = longest + "x"
        let hello = try read { arena, wire in
            wire.hostname = arena.copy(longest)
            wire.agent_version = arena.copy(longest)
        }
        #expect(hello.hostname == longest && hello.version == longest)
        expectInvalid("hostname is longer than 255 bytes") { $1.hostname = $0.copy(tooLong) }
        expectInvalid("agent_version is longer than 255 bytes") { $1.agent_version = $0.copy(tooLong) }
    }

    private func setLabels(_ labels: [(String?, String)], _ arena: WireArena, _ wire: inout WireHello) {
        wire.n_labels = labels.count
        wire.labels = arena.makeList(count: labels.count) { index, label in
            label.name = arena.copy(labels[index].0)
            label.value = arena.copy(labels[index].1)
        }
    }

    @Test("there are at most 64 labels, with names, of at most 255 bytes each")
    func labels() throws {
        let most = (0..<64).map { ("l\($0)" as String?, "v\($0)") }
        let hello = try read { setLabels(most, $0, &$1) }
        #expect(hello.labels.count == 64 && hello.labels["l63"] == "v63")
        let long = String(repeating: "x", count: 256)
        expectInvalid("more than 64 labels") { setLabels(most + [("one more", "")], $0, &$1) }
        expectInvalid("a label without a name") { setLabels([("", "v")], $0, &$1) }
        expectInvalid("a label without a name") { setLabels([(nil, "v")], $0, &$1) }
        expectInvalid("a label's name is longer than 255 bytes") { setLabels([(long, "")], $0, &$1) }
        expectInvalid("a label's value is longer than 255 bytes") { setLabels([("n", long)], $0, &$1) }
    }

    @Test("a task without a valid id makes the Hello invalid", arguments: [nil, "", "no spaces"])
    func badTask(_ id: String?) {
        expectInvalid("a task without a valid id") { arena, wire in
            wire.n_tasks = 1
            wire.tasks = arena.makeList(count: 1) { _, task in task.task_id = arena.copy(id) }
        }
    }
}
