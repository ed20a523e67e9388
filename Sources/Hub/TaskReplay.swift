import Fanout
import Model
import Storage
import Wire

/// One client's way through a task's output file. A value; whoever reads keeps his own. Reads are bounded and go to the
/// page cache as a rule, so a loop may make them.
struct TaskReplay: Sendable {
    let task: TaskID
    let agent: AgentID
    let topic: TopicNumber
    let subscription: SubscriptionID
    let prefix: EventPrefix
    /// What it is called in the ids of a session's client; nil for a stream of its own, which ends with the task.
    let label: PositionLabel?
    /// Number of the last line that the client has; nil when it is new.
    let after: UInt64?
    /// First bytes of the stream.
    let opening: [UInt8]
    /// Number of the last line when this was made: what comes after it is in the live log.
    let liveAfter: UInt64
    /// The end of the task, when it was announced while the file was being read.
    var end: TaskEnd?
    private(set) var exitCode: Int32?
    private var position: OutputPosition

    init(
        task: TaskID, agent: AgentID, topic: TopicNumber, subscription: SubscriptionID, prefix: EventPrefix,
        after: UInt64?, liveAfter: UInt64, label: PositionLabel?, opening: [UInt8]
    ) {
        self.task = task
        self.agent = agent
        self.topic = topic
        self.subscription = subscription
        self.prefix = prefix
        self.liveAfter = liveAfter
        self.label = label
        self.after = after
        self.opening = opening
        position = OutputPosition(task: task, seq: (after ?? 0) + 1)
    }

    /// Number of the next line.
    var next: UInt64 { position.seq }
    /// Whether the client's position is behind that of the last event: it has been told of the end.
    func isTold(endAt seq: UInt64) -> Bool { label != nil && after ?? 0 > seq }

    /// Whether the live log, which holds these lines, goes on where the file has been read to.
    ///
    /// A log that has begun to forget begins later than what follows `liveAfter`: the file goes on until it meets it. And a
    /// client may be ahead of the log: it has read lines that a gateway which was killed had not stored, and that the
    /// agent sends again now.
    func meets(_ log: ClosedRange<UInt64>?) -> Bool {
        let first = log?.lowerBound ?? liveAfter + 1
        let last = log?.upperBound ?? liveAfter
        return next >= first && next <= last + 1
    }

    /// The live log from there on. What it forgets is read from the file.
    var attachment: TopicAttachment {
        TopicAttachment(
            topic: topic, after: next - 1, policy: .giveBack, maxEvents: Int(UInt32.max), maxBytes: Int.max,
            label: label ?? .common)
    }

    /// A client that has had the last event of the task, but not heard that it was the last, reads it once more.
    mutating func goBack(toEndAt seq: UInt64) {
        if label != nil, position.seq == seq + 1 { position = OutputPosition(task: task, seq: seq) }
    }

    /// Goes on at a line that the live log has lost.
    mutating func resume(at seq: UInt64) { position = OutputPosition(task: task, seq: seq) }

    struct Step {
        enum Next {
            /// There is more in the file.
            case more
            /// Nothing more is in the file at the moment.
            case caughtUp
            /// The final marker has been read; its number.
            case ended(UInt64)
        }
        /// Whole events.
        var bytes: [UInt8] = []
        /// Where each of them ends, and the number that the client has got to with it.
        var events: [(end: Int, seq: UInt64)] = []
        var next: Next
    }

    /// Renders the next piece of the file.
    mutating func step(_ reader: TaskOutputReader, maximumBytes: Int) -> Step {
        guard let chunk = try? reader.read(&position, maximumBytes: maximumBytes) else {
            return Step(next: .caughtUp)  // the disk does not give it now: the caller looks again
        }
        let buffer = WireBuffer()
        var ended: UInt64?
        var events: [(end: Int, seq: UInt64)] = []
        chunk.forEach { item in
            switch item {
            case .line(let line):
                TaskEvent.write(
                    .init(
                        seq: line.seq, stream: line.stream, isTruncated: line.isTruncated, time: line.time,
                        text: line.text), of: task, agent: agent, prefix: prefix, to: buffer)
                events.append((buffer.count, line.seq))
            case .missing(let range):
                let gap = ControlEvent.gap(
                    missed: UInt64(range.count), from: range.lowerBound, to: range.upperBound, subscription,
                    id: .line(range.upperBound))
                buffer.append(gap)
                events.append((buffer.count, range.upperBound))
            case .final(let seq, let status, let exitCode, let time):
                ended = seq
                self.exitCode = exitCode
                guard after ?? 0 < seq else { return }  // the client has it, and reads it again for the exit code
                TaskEvent.writeFinal(
                    seq: seq, status: status, exitCode: exitCode, at: time, of: task, agent: agent, prefix: prefix,
                    to: buffer)
                events.append((buffer.count, seq))
            }
        }
        let next: Step.Next = ended.map { .ended($0) } ?? (chunk.isAtEnd ? .caughtUp : .more)
        return Step(bytes: buffer.bytes, events: events, next: next)
    }
}
