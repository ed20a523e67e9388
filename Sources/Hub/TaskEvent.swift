import Model
import Wire

/// Lines of a task as events. The live path (the hub) and the replay from the file (the client loops) both use it, so a
/// line has the same bytes wherever it comes from.
enum TaskEvent {
    static func write(
        _ line: OutputLine, of task: TaskID, agent: AgentID, prefix: EventPrefix, to buffer: WireBuffer
    ) {
        guard prefix.format == .current else {
            return LegacyTaskEvent.write(line, of: task, agent: agent, prefix: prefix, to: buffer)
        }
        EventWriter.write(
            to: buffer, id: .line(line.seq), prefix: prefix, agent: agent, at: line.time, metadata: "{}"
        ) { data in
            data.appendTaskLine(
                line.text, of: task.text, seq: line.seq, isStderr: line.stream == .stderr,
                isTruncated: line.isTruncated)
        }
    }

    /// The final marker, an event of its own.
    static func writeFinal(
        _ end: OutputEnd, of task: TaskID, agent: AgentID, prefix: EventPrefix, to buffer: WireBuffer
    ) {
        guard prefix.format == .current else {
            return LegacyTaskEvent.writeFinal(end, of: task, agent: agent, prefix: prefix, to: buffer)
        }
        EventWriter.write(
            to: buffer, id: .line(end.seq), prefix: prefix, agent: agent, at: end.time, metadata: "{}"
        ) { data in
            data.append("{\"task_id\":")
            data.appendJSONString(task.text)
            data.append(",\"stream\":\"status\",\"line\":\"\",\"seq\":")
            data.appendInteger(end.seq)
            data.append(",\"truncated\":false,\"is_final\":true,\"exit_code\":")
            if let exitCode = end.exitCode { data.appendInteger(exitCode) } else { data.append("null") }
            data.append(",\"status\":")
            data.appendJSONString(end.status.rawValue)
            data.append("}")
        }
    }
}
