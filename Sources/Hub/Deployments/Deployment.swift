import Broker
import Model
import Processing
import Service
import Storage

/// A deployment that runs, or that somebody subscribes to. Confined to the hub.
final class Deployment {
    private(set) var record: DeploymentRecord
    private(set) var progress: DeploymentProgress
    var event: DeploymentEvent
    /// Views that somebody reads, or may come back to; at most one for each combination of what the configuration says.
    private(set) var topics: [TopicID] = []
    /// The store has not got what has changed.
    var isUnsaved = false

    init(_ record: DeploymentRecord, progress: DeploymentProgress = DeploymentProgress()) {
        self.record = record
        self.progress = progress
        event = DeploymentEvent(of: record.id, on: record.agent)
        if record.finishedAt == nil, progress.seq > 0 { self.record.status = progress.status }
    }

    var id: DeploymentID { record.id }
    var stream: StreamKey { StreamKey(type: .deploymentStatus, agent: record.agent, resource: record.id.text) }
    var hasEnded: Bool { record.finishedAt != nil }

    /// The command runs, and has printed nothing yet.
    func noteStart(at time: WallTime) {
        guard record.status.phase == .pending else { return }
        record.status.phase = .preparing
        note(at: time)
    }

    /// - Returns: what is new.
    func read(_ line: OutputLine, at time: WallTime) -> DeploymentChange {
        let change = progress.read(line)
        if !change.isEmpty {
            event.invalidate()
            note(at: time)
        }
        return change
    }

    func skip(_ missing: ClosedRange<UInt64>) { progress.skip(missing) }

    func end(_ end: OutputEnd, at time: WallTime) {
        progress.end(end)
        event.invalidate()
        record.status = progress.status
        record.finishedAt = time
        record.exitCode = end.exitCode
        record.summary = progress.summary(of: end)
        note(at: time)
    }

    private func note(at time: WallTime) {
        record.updatedAt = time
        isUnsaved = true
    }

    /// As it is now.
    var current: DeploymentRecord {
        var current = record
        if !hasEnded, progress.seq > 0 { current.status = progress.status }
        return current
    }

    // MARK: - Who reads it

    func open(_ topic: TopicID, among views: [TopicID: View]) {
        topics.removeAll { views[$0] == nil || $0 == topic }
        topics.append(topic)
    }
}
