package import Model
import Wire

/// What an agent says of itself when it connects, checked.
package struct AgentHello: Sendable, Equatable {
    package var agent: AgentID
    /// The secret; never logged.
    package var token: String?
    package var hostname: String
    package var version: String
    package var streamTypes: Set<StreamType>
    /// Kinds of task it was started to allow: `shell`, `docker`, `deploy`.
    package var taskKinds: Set<String>
    package var labels: [String: String]
    /// The tasks it still holds.
    package var tasks: [TaskID: AgentTaskState]
    /// Differs for every start of the agent process.
    package var bootID: UInt64
    /// Counts the connections of that process, from 1; 0 where the agent does not count them.
    package var connection: UInt64

    /// Whether both are of one process. Agents that do not name theirs are taken for new ones each time.
    package func isOfSameProcess(as other: AgentHello) -> Bool { bootID != 0 && bootID == other.bootID }

    /// Whether it comes from a connection that its agent had given up before it made the other's: a network that held it
    /// back has let it through late.
    package func isOfConnection(before other: AgentHello) -> Bool {
        isOfSameProcess(as: other) && connection != 0 && connection < other.connection
    }

    /// Stream types and task kinds in one list, as the API shows them.
    package var capabilities: [String] { streamTypes.map(\.rawValue).sorted() + taskKinds.sorted() }
}

/// Where a task stands, on the agent or in the store.
package struct AgentTaskState: Sendable, Equatable {
    package var lastSeq: UInt64
    package var isFinal: Bool
    package init(lastSeq: UInt64, isFinal: Bool) {
        self.lastSeq = lastSeq
        self.isFinal = isFinal
    }
}

/// Why an agent is turned away. The agent ends for the final ones and tries again for the others.
package enum AgentRefusal: Error, Equatable {
    case badCredentials
    case idNotAllowed(AgentID)
    case protocolTooOld(UInt32)
    case invalidHello(String)
    case busy(retryAfter: Milliseconds)
    case draining(retryAfter: Milliseconds)
    /// Something, as the sentence says, did not happen in time. The agent is to try again: on a slow network it may have
    /// said Hello long ago.
    case late(String, retryAfter: Milliseconds)

    /// A sentence for the person who reads the agent's log.
    package var message: String {
        switch self {
        case .badCredentials:
            "the token is missing, unknown, expired or revoked; make one with: sluice token create --role agent"
        case .idNotAllowed(let id): "this token may not connect as \(id)"
        case .protocolTooOld(let version):
            "protocol version \(version) is too old, this gateway speaks \(AgentHello.protocolVersion): update the agent"
        case .invalidHello(let reason): "the Hello is not valid: \(reason)"
        case .busy: "the gateway has as many agents as it can serve"
        case .draining: "the gateway is going down"
        case .late(let reason, _): reason
        }
    }
}

extension AgentHello {
    package static let protocolVersion: UInt32 = 1
    private static let maximumTextBytes = 255
    private static let maximumLabels = 64

    init(_ wire: WireHello) throws(AgentRefusal) {
        let version = wireValue(wire.has_protocol_version, wire.protocol_version) ?? 0
        guard version >= Self.protocolVersion else { throw .protocolTooOld(version) }
        guard let id = wireString(wire.agent_id), IdentifierRules.isValid(id) else {
            throw .invalidHello("agent_id must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ -")
        }
        agent = AgentID(id)
        token = wireString(wire.token)
        hostname = try Self.text(wireString(wire.hostname), "hostname")
        self.version = try Self.text(wireString(wire.agent_version), "agent_version")
        streamTypes = Set(wireStrings(wire.n_stream_types, wire.stream_types).compactMap(StreamType.init(rawValue:)))
        taskKinds = Set(wireStrings(wire.n_task_kinds, wire.task_kinds)).intersection(["shell", "docker", "deploy"])
        labels = try Self.labels(WireList(wire.n_labels, wire.labels))
        tasks = try Self.tasks(WireList(wire.n_tasks, wire.tasks))
        bootID = wireValue(wire.has_boot_id, wire.boot_id) ?? 0
        connection = wireValue(wire.has_connection, wire.connection) ?? 0
    }

    private static func text(_ text: String?, _ field: String) throws(AgentRefusal) -> String {
        let text = text ?? ""
        guard text.utf8.count <= maximumTextBytes else {
            throw .invalidHello("\(field) is longer than \(maximumTextBytes) bytes")
        }
        return text
    }

    private static func labels(_ list: WireList<WireLabel>) throws(AgentRefusal) -> [String: String] {
        guard list.count <= maximumLabels else { throw .invalidHello("more than \(maximumLabels) labels") }
        var labels: [String: String] = [:]
        for label in list {
            let name = try text(wireString(label.pointee.name), "a label's name")
            guard !name.isEmpty else { throw .invalidHello("a label without a name") }
            labels[name] = try text(wireString(label.pointee.value), "a label's value")
        }
        return labels
    }

    private static func tasks(_ list: WireList<WireTaskState>) throws(AgentRefusal) -> [TaskID: AgentTaskState] {
        var tasks: [TaskID: AgentTaskState] = [:]
        for task in list {
            guard let id = wireString(task.pointee.task_id), IdentifierRules.isValid(id) else {
                throw .invalidHello("a task without a valid id")
            }
            tasks[TaskID(id)] = AgentTaskState(
                lastSeq: wireValue(task.pointee.has_last_seq, task.pointee.last_seq) ?? 0,
                isFinal: wireFlag(task.pointee.has_is_final, task.pointee.is_final))
        }
        return tasks
    }
}
