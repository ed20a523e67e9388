import JSON
import Model
import Payloads

extension HTTPResponse {
    /// The answer to whoever created the task.
    static func created(_ task: TaskRecord) -> HTTPResponse {
        var response = HTTPResponse.json(201) { $0.object { task.writeIdentity(to: &$0) } }
        response.headers.append(("Location", "/tasks/\(task.id)"))
        return response
    }
}

extension TaskRecord {
    func write(to writer: inout JSONWriter) {
        writer.object {
            writeIdentity(to: &$0)
            $0.member("operation", operation.rawValue)
            $0.member("cmd", commandForPeople)
            $0.member("deployment_id", deploymentID)
            $0.member("reason", reason)
            $0.member("cancel_requested", cancelRequested)
            $0.member("timeout", seconds: timeout)
            $0.member("updated_at", updatedAt)
            $0.member("started_at", startedAt)
            $0.member("finished_at", finishedAt)
            $0.member("duration", seconds: duration)
            $0.member("exit_code", exitCode)
            $0.member("line_count", lineCount)
            $0.member("byte_count", byteCount)
        }
    }

    /// The values of a container's variables are not shown: they are where secrets go.
    private var commandForPeople: String {
        operation == .docker ? DockerOperation(text: command)?.summary ?? "docker" : command
    }

    fileprivate func writeIdentity(to writer: inout JSONWriter) {
        writer.member("task_id", id)
        writer.member("agent_id", agent)
        writer.member("status", status.rawValue)
        writer.member("created_at", createdAt)
        writer.member("stream_type", streamType.rawValue)
        writer.member("resource", operation == .deployment ? deploymentID ?? id.text : id.text)
    }

    /// From its start to its end; nil until both are known. The clock of the host may have been set back meanwhile.
    private var duration: Milliseconds? {
        guard let startedAt, let finishedAt else { return nil }
        return max(0, Milliseconds(finishedAt.millisecondsSince1970 - startedAt.millisecondsSince1970))
    }
}
