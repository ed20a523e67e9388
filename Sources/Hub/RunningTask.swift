import Broker
import Model
import Service

/// A task that has no end yet, or whose end is not stored yet. Confined to the hub.
final class RunningTask {
    /// Numbers of lines. Every reader of JSON counts so far exactly, and no task prints so much, so sums of them do not
    /// overflow and what lies beyond is not a line's number, whoever says so.
    static let lineNumbers: ClosedRange<UInt64> = 1...1 << 53

    var record: TaskRecord
    /// Highest line number that has been received; what is at or below it is a repetition.
    private(set) var received: UInt64
    /// Number of the last line that will never come, as far as it is known: who reads live has been told of it.
    private(set) var lost: UInt64 = 0
    /// Highest line number that is in the file.
    var stored: UInt64
    /// The end, as received; the task is forgotten when it is stored.
    var pendingFinal: TaskRecord?
    /// Its end is in the file, and the store has not taken the record.
    var isEndUnsaved = false
    /// What its output is the progress of, if anything.
    let deployment: Deployment?
    /// The views of its output, one for each format, while somebody reads them or may come back.
    private(set) var outputTopics: [TopicID] = []
    /// The agent process that it was sent to.
    var sentToBoot: UInt64?
    /// Since when its agent is away; nil while it is connected.
    var agentAwaySince: MonotonicTime?
    /// What to read anew, of a system refresh.
    var systemParts = SystemParts()

    init(_ record: TaskRecord, stored: UInt64 = 0, deployment: Deployment? = nil) {
        self.record = record
        self.deployment = deployment
        self.stored = stored
        received = stored
    }

    var id: TaskID { record.id }
    var agent: AgentID { record.agent }
    /// The stream of its output; where that is its deployment's alone, of the deployment.
    var key: StreamKey {
        record.operation == .deployment
            ? deployment?.stream ?? StreamKey(type: .deploymentStatus, agent: record.agent, resource: record.id.text)
            : StreamKey(type: record.streamType, agent: record.agent, resource: record.id.text)
    }
    /// The stream that its output feeds besides.
    var otherKey: StreamKey? { record.operation == .deployment ? nil : deployment?.stream }
    /// Everything that shows its output.
    var topics: [TopicID] { outputTopics + (deployment?.topics ?? []) }

    func open(_ topic: TopicID, among views: [TopicID: View]) {
        outputTopics.removeAll { views[$0] == nil || $0 == topic }
        outputTopics.append(topic)
    }

    /// The end that has been announced to those who listened then.
    var end: TaskEnd? {
        guard let record = pendingFinal, let seq = record.finalSeq else { return nil }
        return TaskEnd(seq: seq, exitCode: record.exitCode)
    }

    func noteLoss(of missing: ClosedRange<UInt64>) {
        note(seq: missing.upperBound, bytes: 0)
        lost = missing.upperBound
    }

    func note(seq: UInt64, bytes: Int) {
        received = seq
        record.lineCount = seq
        record.byteCount += UInt64(bytes)
    }
}
