/// One line of a task.
package struct OutputLine {
    package var seq: UInt64
    package var stream: OutputStream
    /// The line goes on in the next record.
    package var isTruncated: Bool
    package var time: WallTime
    /// Any bytes, without line break. Somebody else's, as a rule a chunk's: valid only during the call that it is passed
    /// to.
    package var text: UnsafeRawBufferPointer

    package init(
        seq: UInt64, stream: OutputStream, isTruncated: Bool, time: WallTime, text: UnsafeRawBufferPointer
    ) {
        self.seq = seq
        self.stream = stream
        self.isTruncated = isTruncated
        self.time = time
        self.text = text
    }
}

/// How a task ended: what its final marker holds.
package struct OutputEnd: Sendable, Equatable {
    package var seq: UInt64
    package var status: TaskStatus
    package var exitCode: Int32?
    /// Why it failed, for machines: see `TaskRecord.reason`.
    package var reason: String?
    package var time: WallTime
    /// Of the whole task, with the time that it waited; nil where nobody asked for it.
    package var duration: Milliseconds?

    package init(
        seq: UInt64, status: TaskStatus, exitCode: Int32?, reason: String? = nil, time: WallTime,
        duration: Milliseconds? = nil
    ) {
        self.seq = seq
        self.status = status
        self.exitCode = exitCode
        self.reason = reason
        self.time = time
        self.duration = duration
    }
}
