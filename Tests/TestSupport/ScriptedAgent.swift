package import Wire

/// An agent that does what a test tells it, on a real socket. Belongs to one test.
package final class ScriptedAgent {
    package let socket: LoopbackSocket
    private let arena = WireArena()
    private let inArena = WireArena()
    private var messages: [GatewaySaid] = []
    /// Bytes that have been taken apart.
    private var parsed = 0

    package init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        socket = try LoopbackSocket(port: port, receiveBuffer: receiveBuffer)
    }

    // MARK: - Saying

    package func send(_ build: (WireArena) -> WireAgentBody) { socket.send(frame(build)) }

    /// One message with its length, to be sent together with others.
    package func frame(_ build: (WireArena) -> WireAgentBody) -> [UInt8] {
        arena.reset()
        let payload = arena.agentMessage(build(arena)).encoded()
        return Self.varint(payload.count) + payload
    }

    /// The length that stands before a frame.
    package static func varint(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    /// What an agent says first.
    package struct Hello {
        package var id = "agent1"
        package var token: String?
        package var protocolVersion: UInt32? = 1
        package var hostname: String? = "host"
        package var version = "1.0"
        package var streamTypes = ["metrics", "health_check"]
        package var taskKinds = ["shell"]
        package var labels: [(String, String)] = []
        package var tasks: [GatewaySaid.TaskState] = []
        package var bootID: UInt64 = 7
        package var connection: UInt64?
        package init() {}

        package func body(_ arena: WireArena) -> WireAgentBody {
            .hello(
                arena.make {
                    wireSet(&$0.has_protocol_version, &$0.protocol_version, protocolVersion)
                    $0.agent_id = arena.copy(id)
                    $0.token = arena.copy(token)
                    $0.hostname = arena.copy(hostname)
                    $0.agent_version = arena.copy(version)
                    $0.n_stream_types = streamTypes.count
                    $0.stream_types = arena.copy(streamTypes)
                    $0.n_task_kinds = taskKinds.count
                    $0.task_kinds = arena.copy(taskKinds)
                    $0.n_labels = labels.count
                    $0.labels = arena.makeList(count: labels.count) { index, label in
                        label.name = arena.copy(labels[index].0)
                        label.value = arena.copy(labels[index].1)
                    }
                    $0.n_tasks = tasks.count
                    $0.tasks = arena.makeList(count: tasks.count) { index, task in
                        task.task_id = arena.copy(tasks[index].id)
                        wireSet(&task.has_last_seq, &task.last_seq, tasks[index].lastSeq)
                        wireSet(&task.has_is_final, &task.is_final, flag: tasks[index].isFinal)
                    }
                    wireSet(&$0.has_boot_id, &$0.boot_id, bootID)
                    wireSet(&$0.has_connection, &$0.connection, connection)
                })
        }
    }

    package func hello(_ change: (inout Hello) -> Void = { _ in }) {
        var hello = Hello()
        change(&hello)
        send(hello.body)
    }

    package func heartbeat(generation: UInt64? = nil) { send { Self.heartbeat($0, generation) } }

    package static func heartbeat(_ arena: WireArena, _ generation: UInt64? = nil) -> WireAgentBody {
        .heartbeat(arena.make { wireSet(&$0.has_applied_generation, &$0.applied_generation, generation) })
    }

    package func goodbye(_ reason: WireGoodbyeReason) {
        send { arena in .goodbye(arena.make { wireSet(&$0.has_reason, &$0.reason, reason) }) }
    }

    // MARK: - Hearing

    /// What the gateway has said so far.
    package var said: [GatewaySaid] {
        socket.receive()
        while let range = nextFrame() {
            inArena.reset()
            let message = socket.received[range].withUnsafeBytes {
                (try? decodeServerMessage($0, arena: inArena)).map { GatewaySaid($0.pointee.message) }
            }
            messages.append(message ?? .unknown)
            parsed = range.upperBound
        }
        return messages
    }

    /// The gateway has closed the connection.
    package var hasEnded: Bool {
        socket.receive()
        return socket.hasEnded
    }

    /// The payload of the next whole frame.
    private func nextFrame() -> Range<Int>? {
        var size = 0
        var shift = 0
        for index in parsed..<socket.received.count {
            let byte = Int(socket.received[index])
            size |= (byte & 0x7F) << shift
            shift += 7
            guard byte < 0x80 else { continue }
            let end = index + 1 + size
            return end <= socket.received.count ? index + 1..<end : nil
        }
        return nil
    }

    /// Waits until the gateway has said something of which `find` makes a value.
    @discardableResult
    package func hear<Value>(
        _ what: String, file: StaticString = #fileID, line: UInt = #line, _ find: (GatewaySaid) -> Value?
    ) async throws -> Value {
        var found: Value?
        try await eventually("\(what) is heard", file: file, line: line) {
            found = said.lazy.compactMap(find).first
            return found != nil
        }
        return found!
    }

    @discardableResult
    package func hearWelcome(file: StaticString = #fileID, line: UInt = #line) async throws -> GatewaySaid.Welcome {
        try await hear("Welcome", file: file, line: line) {
            if case .welcome(let welcome) = $0 { welcome } else { nil }
        }
    }

    /// Waits for the gateway to close.
    package func hearEnd(file: StaticString = #fileID, line: UInt = #line) async throws {
        try await eventually("the gateway closes", file: file, line: line) { hasEnded }
    }
}
