import Broker
import Model
import Processing
import Storage
import Wire

/// What one reader of a task's file makes of it who wants to see a deployment: the status after each line. It has to read
/// the file from its beginning, whatever its client has had already.
struct DeploymentReplay: Sendable {
    private(set) var progress = DeploymentProgress()
    private var event: DeploymentEvent
    private let detail: DeploymentDetail
    private let completion: EventPrefix

    /// Nil for a view of something else.
    init?(of deployment: Deployment, _ view: View) {
        guard let detail = view.detail else { return nil }
        self.detail = detail
        event = DeploymentEvent(of: deployment.id, on: deployment.record.agent)
        completion = .completion(of: view.key)
    }

    /// Whether there are lines that are no events.
    var isSparse: Bool { detail.isSparse }

    /// - Parameter isWanted: false for what the client has had.
    /// - Returns: whether the line is an event, which has been appended.
    mutating func read(_ line: OutputLine, isWanted: Bool, prefix: EventPrefix, to buffer: WireBuffer) -> Bool {
        let change = progress.read(line)
        if !change.isEmpty { event.invalidate() }
        guard isWanted, detail.shows(change) else { return false }
        event.write(
            progress.status, id: line.seq, at: line.time, rawOutput: detail.hasRawOutput ? line.text : nil,
            prefix: prefix, to: buffer)
        return true
    }

    mutating func skip(_ missing: ClosedRange<UInt64>) { progress.skip(missing) }

    mutating func end(_ end: OutputEnd) {
        progress.end(end)
        event.invalidate()
    }

    /// The last status.
    mutating func writeStatus(at end: OutputEnd, prefix: EventPrefix, to buffer: WireBuffer) {
        event.write(progress.status, id: end.seq, at: end.time, rawOutput: nil, prefix: prefix, to: buffer)
    }

    func writeCompletion(_ end: OutputEnd, to buffer: WireBuffer) {
        event.writeCompletion(end, progress, prefix: completion, to: buffer)
    }
}
