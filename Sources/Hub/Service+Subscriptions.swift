import Broker
import Fanout
import Logging
package import Model
package import Service
import Storage

// What the API asks for about subscriptions and sessions, in the terms of Service.

extension Hub {
    package func createSubscription(
        _ request: NewSubscription, for principal: Principal
    ) async throws -> SubscriptionView {
        var request = request
        if request.agent == nil || request.type.info.category == .task {
            try await resolveAgent(of: &request, principal)
        }
        let id = SubscriptionID("sub_" + RandomText.make(bits: 130))
        let wanted = SubscriptionRequest(
            id: id, type: request.type, agent: request.agent, resource: request.resource, config: request.config,
            session: request.session, principal: principal)
        let created = try refusing { () throws(BrokerError) in
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.createSubscription(wanted, now, into: &actions)
            }
        }
        // What is answered with 201 survives the end of the process.
        await untilStored()
        return view(created)
    }

    /// A task names its agent, and so does a deployment.
    private func resolveAgent(of request: inout NewSubscription, _ principal: Principal) async throws {
        guard request.type.info.category == .task, !request.resource.isEmpty else { return }
        let isDeployment = request.type == .deploymentStatus
        guard IdentifierRules.isValid(request.resource) else {
            throw ServiceError.invalidField(
                "resource", reason: "is not the id of a \(isDeployment ? "deployment" : "task")")
        }
        if isDeployment {
            let deployment = try await visibleDeployment(DeploymentID(request.resource), principal)
            // Its status is made from what its task has printed, which is kept as long as the task.
            guard (try? await visibleTask(deployment.record.task, principal)) != nil else {
                throw ServiceError.notFound(.deployment, id: request.resource)
            }
            deployments[deployment.id] = deployments[deployment.id] ?? deployment  // forgotten meanwhile
            return try adopt(deployment.record.agent, in: &request, .deployment)
        }
        let task = try await visibleTask(TaskID(request.resource), principal)
        guard task.streamType == request.type else {
            throw ServiceError.invalidField(
                "resource", reason: "is a task with the stream type \(task.streamType.rawValue)")
        }
        try adopt(task.agent, in: &request, .task)
    }

    private func adopt(
        _ agent: AgentID, in request: inout NewSubscription, _ kind: ServiceError.Kind
    ) throws(ServiceError) {
        if let named = request.agent, named != .one(agent) { throw .notFound(kind, id: request.resource) }
        request.agent = .one(agent)
    }

    package func subscription(_ id: SubscriptionID, for principal: Principal) async throws -> SubscriptionView {
        let found = try refusing { () throws(BrokerError) in try broker.subscription(id, for: principal) }
        return await views([found])[0]
    }

    package func subscriptions(
        _ filter: SubscriptionSelection, page: PageRequest, for principal: Principal
    ) async -> Page<SubscriptionView> {
        let filter = SubscriptionFilter(type: filter.type, agent: filter.agent, session: filter.session)
        let found = broker.subscriptions(filter, for: principal, page: page.page, perPage: page.perPage)
        return Page(items: await views(found.subscriptions), total: found.total)
    }

    package func deleteSubscription(_ id: SubscriptionID, for principal: Principal) async throws {
        try refusing { () throws(BrokerError) in
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.delete(id, by: principal, now, into: &actions)
            }
        }
        await untilStored()
    }

    package func createSession(for principal: Principal) async throws -> SessionView {
        let id = SessionID("ses_" + RandomText.make(bits: 130))
        let session = try refusing { () throws(BrokerError) in
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.createSession(id, for: principal, now, into: &actions)
            }
        }
        await untilStored()
        return SessionView(id: id, expiresAt: session.expiresAt ?? now.wall)
    }

    package func deleteSession(_ id: SessionID, for principal: Principal) async throws {
        try refusing { () throws(BrokerError) in
            try change { (broker, now, actions) throws(BrokerError) in
                try broker.delete(id, by: principal, now, into: &actions)
            }
        }
        await untilStored()
    }

    /// With what the client loops know of the connections that are open. The connection of a session carries the events
    /// of all its subscriptions and is counted for none of them.
    private func views(_ descriptions: [SubscriptionDescription]) async -> [SubscriptionView] {
        var views = descriptions.map(view)
        let single = descriptions.compactMap { $0.record.session == nil ? $0.connection : nil }
        let open = Dictionary(grouping: single) { connections[$0]?.port }
        var live: [ConnectionID: ClientStatistics] = [:]
        for (port, ids) in open {
            guard let port else { continue }
            live.merge(await ports[port].statistics(of: ids)) { $1 }
        }
        for (index, description) in descriptions.enumerated() {
            guard description.record.session == nil, let connection = description.connection else { continue }
            if let statistics = live[connection] {
                views[index].delivery.add(statistics)
            } else {
                // It has ended since the counts of the ended ones were taken, and its own have come before the answer.
                views[index].delivery = deliveries[description.record.id] ?? DeliveryCounts()
            }
        }
        return views
    }

    private func view(_ description: SubscriptionDescription) -> SubscriptionView {
        let record = description.record
        let status: SubscriptionStatus =
            switch description.status {
            case .pending: .pending
            case .active: .active
            case .disconnected: .disconnected
            case .ended: .ended
            }
        var view = SubscriptionView(
            id: record.id, type: record.type, agent: record.agent, resource: record.resource, config: record.config,
            view: description.view, status: status, agentConnected: description.isAgentConnected,
            session: record.session, createdAt: record.createdAt, expiresAt: description.expiresAt)
        view.delivery = deliveries[record.id] ?? DeliveryCounts()
        return view
    }
}

extension DeliveryCounts {
    /// Adds what has become of the events of a connection that is open.
    fileprivate mutating func add(_ live: ClientStatistics) {
        delivered += live.delivered
        dropped += live.dropped
        conflated += live.conflated
        queued += live.queuedEvents
        lag = Milliseconds(clamping: live.waiting)
    }
}
