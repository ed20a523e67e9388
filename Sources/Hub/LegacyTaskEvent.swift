import Model
import Wire

/// Lines of a task as the API before this one had them: a TaskResponse for each, in the JSON mapping of protobuf with
/// defaults.
enum LegacyTaskEvent {
    static func write(
        _ line: OutputLine, of task: TaskID, agent: AgentID, prefix: EventPrefix, to buffer: WireBuffer
    ) {
        buffer.appendLineID(line.seq)
        writeHead(agent, task, "IN_PROGRESS", isFinal: false, isCancelled: false, prefix, buffer)
        if line.stream == .stderr {
            buffer.append("\"\",\"stderr\":")
            append(line, to: buffer)
        } else {
            append(line, to: buffer)
            buffer.append(",\"stderr\":\"\"")
        }
        buffer.append(",\"exitCode\":0}}\n\n")
    }

    static func writeFinal(
        _ end: OutputEnd, of task: TaskID, agent: AgentID, prefix: EventPrefix, to buffer: WireBuffer
    ) {
        buffer.appendLineID(end.seq)
        let status: StaticString = end.status == .completed ? "COMPLETED" : "FAILURE"
        writeHead(agent, task, status, isFinal: true, isCancelled: end.status == .cancelled, prefix, buffer)
        buffer.append("\"\",\"stderr\":\"\",\"exitCode\":")
        buffer.appendInteger(end.exitCode ?? 0)
        buffer.append("}}\n\n")
    }

    /// Up to the value of `stdout`.
    private static func writeHead(
        _ agent: AgentID, _ task: TaskID, _ status: StaticString, isFinal: Bool, isCancelled: Bool,
        _ prefix: EventPrefix, _ buffer: WireBuffer
    ) {
        buffer.append(prefix.beforeAgent)
        buffer.appendJSONString(agent.text)
        buffer.append(",\"taskId\":")
        buffer.appendJSONString(task.text)
        buffer.append(",\"status\":\"")
        buffer.append(status)
        buffer.append(isFinal ? "\",\"isFinal\":true" : "\",\"isFinal\":false")
        buffer.append(isCancelled ? ",\"cancelled\":true" : ",\"cancelled\":false")
        buffer.append(prefix.afterAgent)
    }

    /// With its line break: who puts the pieces together has what was printed.
    private static func append(_ line: OutputLine, to buffer: WireBuffer) {
        guard !line.isTruncated else { return buffer.appendJSONString(line.text) }
        let whole = Array(line.text) + [UInt8(ascii: "\n")]
        whole.withUnsafeBytes { buffer.appendJSONString($0) }
    }
}
