import AgentLink
import Model
import Service
import Storage
import Wire

/// Asking agents what their host is made of.
extension Hub {
    func createRefresh(of agent: Agent, _ parts: SystemParts) async throws -> TaskRecord {
        let record = try await createTask(
            .systemRefresh, command: "system refresh", on: agent.id, timeout: 30_000, parts: parts)
        return record
    }

    func finishRefresh(_ task: RunningTask, succeeded: Bool) {
        noteStart(of: task, startedAt: nil, now)
        conclude(task, succeeded ? .completed : .failed, reason: succeeded ? nil : "no_answer")
    }
}

extension Agent {
    /// - Parameter task: the task that the answer ends, if there is one.
    func requestSystemInfo(_ parts: SystemParts, answering task: TaskID?) {
        connection?.send { arena in
            .systemInfoRequest(
                arena.make {
                    $0.request_id = arena.copy(task?.text)
                    wireSet(&$0.has_include_hardware, &$0.include_hardware, flag: parts.hardware)
                    wireSet(&$0.has_include_software, &$0.include_software, flag: parts.software)
                    wireSet(&$0.has_include_network, &$0.include_network, flag: parts.network)
                })
        }
    }
}

/// The system information of an agent, kept as the frame that brought it.
enum StoredSystemInfo {
    static func json(_ blob: TimedBlob, arena: WireArena) -> [UInt8]? {
        arena.reset()
        return blob.bytes.withUnsafeBytes { bytes in
            guard let message = try? decodeAgentMessage(bytes, arena: arena).pointee.message,
                case .systemInfo(let response) = message, let info = response.pointee.info
            else { return nil }
            let buffer = WireBuffer()
            buffer.appendJSON(info)
            return buffer.bytes
        }
    }
}
