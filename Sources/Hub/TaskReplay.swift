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
    /// Number of the last line of which the live log may know nothing: it came before the log was opened, or will never
    /// come. What came after it is in the log, as far as that has not forgotten it.
    private(set) var logAfter: UInt64
    /// Number of the last line that is known to have come; what came after this was made is in the live log.
    private(set) var liveAfter: UInt64
    /// Of a deployment, what is made of the lines.
    private var deployment: DeploymentReplay?
    /// The client has had what has no greater number.
    private var floor: UInt64
    /// The end of the task, when it was announced while the file was being read.
    var end: TaskEnd?
    private(set) var exitCode: Int32?
    private var position: OutputPosition

    init(
        task: TaskID, agent: AgentID, topic: TopicNumber, subscription: SubscriptionID, prefix: EventPrefix,
        after: UInt64?, logAfter: UInt64, liveAfter: UInt64, label: PositionLabel?, opening: [UInt8],
        deployment: DeploymentReplay? = nil
    ) {
        self.task = task
        self.agent = agent
        self.topic = topic
        self.subscription = subscription
        self.prefix = prefix
        self.logAfter = logAfter
        self.liveAfter = liveAfter
        self.label = label
        self.after = after
        self.opening = opening
        self.deployment = deployment
        floor = after ?? 0
        position = OutputPosition(task: task, seq: deployment == nil ? floor + 1 : 1)
    }

    /// Number of the next line that the client has not had.
    var next: UInt64 { max(position.seq, floor + 1) }
    /// Number of the last event, of a task whose final marker has this one.
    func lastNumber(_ finalSeq: UInt64) -> UInt64 {
        deployment == nil ? finalSeq : OutputEnd.completionNumber(after: finalSeq)
    }
    /// Whether the client's position is behind that of the last event: it has been told of the end.
    func isTold(endAt seq: UInt64) -> Bool { label != nil && after ?? 0 > seq }

    /// Whether the live log, which holds these lines, goes on where the file has been read to.
    ///
    /// A log that has begun to forget begins later than it was opened: the file goes on until it meets it. And a client
    /// may be ahead of the log: it has read lines that a gateway which was killed had not stored, and that the agent sends
    /// again now.
    func meets(_ log: ClosedRange<UInt64>?) -> Bool {
        next >= max(log?.lowerBound ?? 0, logAfter + 1) && !isAhead(of: log)
    }

    /// Whether the log may go further than it says: lines that are no events leave no trace in it.
    func isUnsure(of log: ClosedRange<UInt64>?) -> Bool {
        deployment?.isSparse == true && isAhead(of: log) && position.seq > floor
    }

    private func isAhead(of log: ClosedRange<UInt64>?) -> Bool { next > max(log?.upperBound ?? 0, liveAfter) + 1 }

    /// The lines up to this one are not in the log: some were lost.
    mutating func noteLoss(upTo seq: UInt64) { logAfter = max(logAfter, seq) }

    /// Everything up to this number has come, and is in the log if it is an event.
    mutating func noteProgress(_ seq: UInt64) { liveAfter = max(liveAfter, seq) }

    /// The live log from there on. What it forgets is read from the file.
    var attachment: TopicAttachment {
        TopicAttachment(
            topic: topic, after: next - 1, policy: .giveBack, maxEvents: Int(UInt32.max), maxBytes: Int.max,
            label: label ?? .common)
    }

    /// A client that has had the last event of the task, but not heard that it was the last, reads it once more.
    mutating func goBack(toEndAt seq: UInt64) {
        guard deployment == nil, label != nil, position.seq == seq + 1 else { return }
        position = OutputPosition(task: task, seq: seq)
    }

    /// The client reads the live log from here on: the command need not wait for what it reads of the file.
    mutating func goLive() { position = OutputPosition(task: task, seq: position.seq) }

    /// Goes on at a line that the live log has lost. What is made of the lines before it goes on where it was left.
    mutating func resume(at seq: UInt64) {
        floor = seq - 1
        position = OutputPosition(task: task, seq: deployment.map { $0.progress.seq + 1 } ?? seq)
    }

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
        var step = Step(next: chunk.isAtEnd ? .caughtUp : .more)
        chunk.forEach { item in
            switch item {
            case .line(let line): write(line, to: buffer, &step)
            case .missing(let range): write(missing: range, to: buffer, &step)
            case .final(let end): write(end, to: buffer, &step)
            }
        }
        step.bytes = buffer.bytes
        return step
    }

    private mutating func write(_ line: OutputLine, to buffer: WireBuffer, _ step: inout Step) {
        if deployment == nil {
            TaskEvent.write(line, of: task, agent: agent, prefix: prefix, to: buffer)
        } else {
            let isEvent = deployment!.read(line, isWanted: line.seq > floor, prefix: prefix, to: buffer)
            guard isEvent else { return }
        }
        step.events.append((buffer.count, line.seq))
    }

    private mutating func write(missing range: ClosedRange<UInt64>, to buffer: WireBuffer, _ step: inout Step) {
        deployment?.skip(range)
        let first = max(range.lowerBound, floor + 1)
        guard first <= range.upperBound else { return }
        let gap = ControlEvent.gap(
            missed: range.upperBound - first + 1, from: first, to: range.upperBound, subscription,
            id: .line(range.upperBound), format: prefix.format)
        buffer.append(gap)
        step.events.append((buffer.count, range.upperBound))
    }

    /// Whether the client claims to have more than there is of a task whose last number this is: its cursor is of something
    /// else, or a disk has lost the end.
    func isBeyond(endAt last: UInt64) -> Bool { deployment == nil && floor > last + 1 }

    /// From the first line, behind a gap.
    mutating func startOver() -> Step {
        floor = 0
        position = OutputPosition(task: task)
        let gap = ControlEvent.gap(missed: nil, subscription, id: .line(0), format: prefix.format)
        return Step(bytes: gap, events: [(gap.count, 0)], next: .more)
    }

    /// The end. A client that has it reads it again for the exit code.
    private mutating func write(_ end: OutputEnd, to buffer: WireBuffer, _ step: inout Step) {
        let last = lastNumber(end.seq)
        if isBeyond(endAt: last) {
            let again = startOver()
            buffer.append(again.bytes)
            step.events.append((buffer.count, 0))
            step.next = again.next
            return
        }
        step.next = .ended(last)
        exitCode = end.exitCode
        deployment?.end(end)
        if floor < end.seq {
            if deployment == nil {
                TaskEvent.writeFinal(end, of: task, agent: agent, prefix: prefix, to: buffer)
            } else {
                deployment!.writeStatus(at: end, prefix: prefix, to: buffer)
            }
            step.events.append((buffer.count, end.seq))
        }
        if let deployment, floor < last {
            deployment.writeCompletion(end, to: buffer)
            step.events.append((buffer.count, last))
        }
    }
}
