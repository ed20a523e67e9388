import CWire

// The parts of an SSE event, each written by one call into C.
extension WireBuffer {
    /// `id:` of an event that is numbered by the gateway.
    package func appendEventID(epoch: UInt64, number: UInt64, index: UInt64) {
        cw_buffer_append_event_id(storage, epoch, number, index)
    }

    /// `id:` of a line of a task.
    package func appendLineID(_ seq: UInt64) { cw_buffer_append_line_id(storage, seq) }

    /// RFC 3339 in UTC with milliseconds.
    package func appendTimestamp(millisecondsSince1970 milliseconds: Int64) {
        cw_buffer_append_timestamp(storage, milliseconds)
    }

    /// `data` of a container's line.
    package func appendContainerLog(_ log: UnsafePointer<WireContainerLog>) {
        cw_buffer_append_container_log(storage, log)
    }

    /// `data` of a task's line.
    package func appendTaskLine(
        _ line: UnsafeRawBufferPointer, of task: String, seq: UInt64, isStderr: Bool, isTruncated: Bool
    ) {
        var task = task
        task.withUTF8 { task in
            cw_buffer_append_task_line(
                storage, task.baseAddress, task.count, line.baseAddress, line.count, seq, isStderr, isTruncated)
        }
    }
}
