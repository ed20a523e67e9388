import Model
import Wire

/// Who this agent is: the content of its Hello.
struct AgentIdentity {
    static let protocolVersion: UInt32 = 1

    var id: String
    var token: String?
    var hostname: String
    var version: String
    var streamTypes: [String]
    var taskKinds: [String]
    var labels: [String: String]
    /// Differs for every start of the process.
    var bootID: UInt64
    /// Counts the connections of this process, from 1; the session sets it.
    var connection: UInt64 = 0

    func hello(tasks: [TaskStanding], in arena: WireArena) -> WireAgentBody {
        let labels = labels.sorted { $0.key < $1.key }
        return .hello(
            arena.make { hello in
                wireSet(&hello.has_protocol_version, &hello.protocol_version, Self.protocolVersion)
                hello.agent_id = arena.copy(id)
                hello.token = arena.copy(token)
                hello.hostname = arena.copy(hostname)
                hello.agent_version = arena.copy(version)
                hello.n_stream_types = streamTypes.count
                hello.stream_types = arena.copy(streamTypes)
                hello.n_task_kinds = taskKinds.count
                hello.task_kinds = arena.copy(taskKinds)
                hello.n_labels = labels.count
                hello.labels = arena.makeList(count: labels.count) { index, label in
                    label.name = arena.copy(labels[index].key)
                    label.value = arena.copy(labels[index].value)
                }
                hello.n_tasks = tasks.count
                hello.tasks = arena.makeList(count: tasks.count) { index, state in
                    state.task_id = arena.copy(tasks[index].id.text)
                    wireSet(&state.has_last_seq, &state.last_seq, tasks[index].lastSeq)
                    wireSet(&state.has_is_final, &state.is_final, flag: tasks[index].isFinal)
                }
                wireSet(&hello.has_boot_id, &hello.boot_id, bootID)
                wireSet(&hello.has_connection, &hello.connection, connection)
            })
    }
}

extension WireArena {
    func heartbeat(appliedGeneration: UInt64) -> WireAgentBody {
        .heartbeat(
            make { heartbeat in
                wireSet(&heartbeat.has_sent_at_unix_ns, &heartbeat.sent_at_unix_ns, unixNanoseconds())
                wireSet(&heartbeat.has_applied_generation, &heartbeat.applied_generation, appliedGeneration)
            })
    }

    func goodbye(_ goodbye: Goodbye) -> WireAgentBody {
        .goodbye(
            make { message in
                message.message = copy(goodbye.message.isEmpty ? nil : goodbye.message)
                let reason = WireGoodbyeReason(rawValue: goodbye.reason.rawValue)
                wireSet(&message.has_reason, &message.reason, reason)
            })
    }
}
