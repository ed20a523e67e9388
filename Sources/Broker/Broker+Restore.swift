package import Model

extension Broker {
    /// Takes over what an earlier life of the gateway has left, before anything else happens. What could be opened then
    /// can be opened for another resume window; what belongs to a token that has ended is forgotten.
    package mutating func restore(_ snapshot: BrokerSnapshot, _ now: Now, into actions: inout [BrokerAction]) {
        for (agent, labels) in snapshot.agents { agents.learn(agent, labels: labels) }
        for record in snapshot.sessions {
            guard dueReason(nil, record.principal, now) == nil else {
                actions.append(.forgetSession(record.id, .tokenExpired))
                continue
            }
            insert(record, opening: .resumable, life: settings.resumeWindow, now)
        }
        // Lists are in the order of creation in every life.
        let subscriptions = snapshot.subscriptions.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        for record in subscriptions { restore(record, now, &actions) }
        for record in snapshot.serverDemands { lease(record, now, &actions) }
        settle(now, &actions)
    }

    private mutating func restore(
        _ record: SubscriptionRecord, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        if let reason = dueReason(nil, record.principal, now) {
            actions.append(.forget(record.id, reason))
        } else if let session = record.session, clients[session] == nil {
            actions.append(.forget(record.id, .expired))
        } else {
            insert(record, opening: .resumable, life: settings.resumeWindow, now)
        }
    }
}
