import Broker
import Logging
import Model
import Processing
import Service
import Storage
import Wire

/// What is to be deployed, for the task that does it.
struct DeploymentPlan {
    var id: DeploymentID
    var name: String
}

/// The life of a deployment, beside that of its task.
extension Hub {
    // MARK: - Beginning

    /// Takes an id for a deployment that is being made.
    /// - Throws: `conflict` when there is one with this id, or is being made.
    func reserve(_ id: DeploymentID) async throws(ServiceError) {
        guard deployments[id] == nil, reservedDeployments.insert(id).inserted else { throw Self.exists(id) }
        let known: DeploymentRecord?
        do {
            known = try await store.deployment(id)
        } catch {
            reservedDeployments.remove(id)
            throw .storeUnavailable(reason: "\(error)")
        }
        guard known != nil else { return }
        reservedDeployments.remove(id)
        throw Self.exists(id)
    }

    private static func exists(_ id: DeploymentID) -> ServiceError {
        .conflict(reason: "there is a deployment \(id) already; a deployment is one task, with steps if need be")
    }

    // MARK: - Running

    /// A line of its task: an event for each view that shows it and is read.
    func report(_ line: OutputLine, to deployment: Deployment, _ now: Now) {
        let change = deployment.read(line, at: now.wall)
        for topic in deployment.topics {
            guard let view = views[topic], view.isRead, let detail = view.detail, detail.shows(change) else { continue }
            scratch.event.removeAll()
            deployment.event.write(
                deployment.progress.status, id: line.seq, at: line.time,
                rawOutput: detail.hasRawOutput ? line.text : nil, prefix: view.prefix, to: scratch.event)
            publish(view, number: line.seq)
        }
    }

    /// The last status and `deployment_complete`.
    func reportEnd(_ end: OutputEnd, of deployment: Deployment, _ now: Now) {
        deployment.end(end, at: now.wall)
        let last = OutputEnd.completionNumber(after: end.seq)
        for topic in deployment.topics {
            guard let view = views[topic] else { continue }
            scratch.event.removeAll()
            deployment.event.write(
                deployment.progress.status, id: end.seq, at: end.time, rawOutput: nil, prefix: view.prefix,
                to: scratch.event)
            publish(view, number: end.seq)
            scratch.event.removeAll()
            deployment.event.writeCompletion(
                end, deployment.progress, prefix: EventPrefix.completion(of: view.key), to: scratch.event)
            publish(view, number: last)
            tellEnd(TaskEnd(seq: last, exitCode: end.exitCode), to: topic)
        }
    }

    /// Once a second: what has changed, and what nobody needs in memory any more.
    func saveDeployments() {
        for deployment in deployments.values where deployment.isUnsaved && !deployment.hasEnded {
            deployment.isUnsaved = false
            store.enqueue(.save(deployment.current))
        }
        guard deployments.count > deploymentsKept else { return }
        let subscribed = broker.resources(of: .deploymentStatus)
        deployments = deployments.filter { id, deployment in
            !deployment.hasEnded || tasks[deployment.record.task] != nil || subscribed.contains(id.text)
        }
        deploymentsKept = max(Self.deploymentsKeptAtLeast, 2 * deployments.count)
    }

    static let deploymentsKeptAtLeast = 256

    // MARK: - Finding

    /// From memory or from the store; kept in memory from then on, so that its views find its task.
    func visibleDeployment(_ id: DeploymentID, _ principal: Principal) async throws -> Deployment {
        var found = deployments[id]
        if found == nil {
            do {
                found = try await store.deployment(id).map { Deployment($0) }
            } catch {
                throw ServiceError.storeUnavailable(reason: "\(error)")
            }
        }
        let labels = found.flatMap { agents[$0.record.agent]?.record.labels } ?? [:]
        guard let found, principal.scope.allows(found.record.agent, labels: labels) else {
            throw ServiceError.notFound(.deployment, id: id.text)
        }
        if let known = deployments[id] { return known }
        deployments[id] = found
        return found
    }

    /// The task whose output a view shows; nil for a deployment that is not known any more.
    func task(of view: ViewKey) -> TaskID? {
        guard view.type == .deploymentStatus else { return TaskID(view.resource) }
        return deployments[DeploymentID(view.resource)]?.record.task
    }

    // MARK: - Restart

    func restoreDeployments(_ restored: [Hub.RestoredDeployment]) {
        for item in restored {
            let deployment = Deployment(item.record, progress: item.progress)
            deployments[item.record.id] = deployment
            guard !deployment.hasEnded, let end = item.end else { continue }
            deployment.end(end, at: end.time)
            deployment.isUnsaved = false
            store.enqueue(.save(deployment.current))
        }
    }
}

extension Hub {
    /// A deployment of an earlier life of the gateway.
    struct RestoredDeployment: Sendable {
        var record: DeploymentRecord
        var progress = DeploymentProgress()
        /// What its task's file ends with, where the record does not know of the end.
        var end: OutputEnd?

        /// Those that have no end, with what their tasks have printed, and those that are subscribed to.
        static func read(
            _ store: Store, _ subscriptions: [SubscriptionRecord]
        ) async throws(StoreError) -> [RestoredDeployment] {
            var restored: [RestoredDeployment] = []
            for record in try await store.unfinishedDeployments() {
                // What the disk does not give now is read by those who subscribe; the status goes on from nothing.
                let read = try? DeploymentProgress.read(record.task, store.outputReader)
                restored.append(Self(record: record, progress: read?.0 ?? DeploymentProgress(), end: read?.1))
            }
            let known = Set(restored.map(\.record.id))
            let wanted = Set(subscriptions.filter { $0.type == .deploymentStatus }.map { DeploymentID($0.resource) })
            for id in wanted.subtracting(known).sorted() {
                if let record = try await store.deployment(id) { restored.append(Self(record: record)) }
            }
            return restored
        }
    }
}
