import Model
import Wire

/// Lines of a task as events. The live path (the hub) and the replay from the file (the client loops) both use it, so a
/// line has the same bytes wherever it comes from.
enum TaskEvent {
    struct Line {
        var seq: UInt64
        var stream: OutputStream
        var isTruncated: Bool
        var time: WallTime
        /// Valid during the call that it is passed to.
        var text: UnsafeRawBufferPointer
    }

    static func write(
        _ line: Line, of task: TaskID, agent: AgentID, prefix: EventPrefix, to buffer: WireBuffer
    ) {
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
        seq: UInt64, status: TaskStatus, exitCode: Int32?, at time: WallTime, of task: TaskID, agent: AgentID,
        prefix: EventPrefix, to buffer: WireBuffer
    ) {
        EventWriter.write(to: buffer, id: .line(seq), prefix: prefix, agent: agent, at: time, metadata: "{}") { data in
            data.append("{\"task_id\":")
            data.appendJSONString(task.text)
            data.append(",\"stream\":\"status\",\"line\":\"\",\"seq\":")
            data.appendInteger(seq)
            data.append(",\"truncated\":false,\"is_final\":true,\"exit_code\":")
            if let exitCode { data.appendInteger(exitCode) } else { data.append("null") }
            data.append(",\"status\":")
            data.appendJSONString(status.rawValue)
            data.append("}")
        }
    }
}
