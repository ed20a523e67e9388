package import Model

extension Broker {
    /// Makes a session: one connection for many subscriptions.
    package mutating func createSession(
        _ id: SessionID, for principal: Principal, _ now: Now, into actions: inout [BrokerAction]
    ) throws(BrokerError) -> SessionDescription {
        try clients.checkRoom(for: principal, settings)
        guard clients[id] == nil else { throw .conflict("the session id is in use") }
        let record = SessionRecord(id: id, principal: principal, createdAt: now.wall)
        actions.append(.persistSession(record))
        let session = insert(record, opening: .unopened, life: settings.subscriptionTTL, now)
        settle(now, &actions)
        return describe(session)
    }

    /// A client opens a session. An older connection of it is replaced.
    /// - Parameter missedEnds: of its subscriptions to streams that have ended, those whose end the client has not seen:
    ///   they are attached again.
    /// - Throws: `sessionNotFound`.
    package mutating func connect(
        _ id: SessionID, _ connection: ConnectionID, missedEnds: Set<SubscriptionID> = [], _ now: Now,
        into actions: inout [BrokerAction]
    ) throws(BrokerError) {
        guard let session = clients[id] else { throw .sessionNotFound(id) }
        if let older = session.opening.connection { end(older, .replaced, &actions) }
        connections[connection] = .session(id)
        clients[id]?.opening = .open(connection)
        clients[id]?.expiry = nil
        clients[id]?.reading = SessionReading()
        for subscription in everyAgentFirst(session.subscriptions) {
            guard missedEnds.contains(subscription) || clients[subscription]?.opening != .ended else { continue }
            attach(subscription, to: connection, now, &actions)
            clients[subscription]?.expiry = nil
            armDeadline(of: subscription, now)
        }
        armDeadline(of: id, now)
        settle(now, &actions)
    }

    /// What views of every agent cover is not joined only to be left.
    private func everyAgentFirst(_ subscriptions: [SubscriptionID]) -> [SubscriptionID] {
        let isOfEvery = { clients[$0]?.view.agent == .every }
        return subscriptions.filter(isOfEvery) + subscriptions.filter { !isOfEvery($0) }
    }

    /// The subscriptions of a session with what they show, in the order of creation; none when there is no such session.
    package func subscriptions(in id: SessionID) -> [(id: SubscriptionID, view: ViewKey)] {
        (clients[id]?.subscriptions ?? []).compactMap { id in clients[id].map { (id, $0.view) } }
    }

    /// The connection that reads the session, while it is open.
    package func connection(of id: SessionID) -> ConnectionID? { clients[id]?.opening.connection }

    /// Everything of a stream that is over has been written to a session's connection: ends its subscriptions to it, so
    /// that they are not attached again unless their end was missed.
    /// - Returns: these subscriptions.
    @discardableResult
    package mutating func complete(
        _ topic: TopicID, on connection: ConnectionID, _ now: Now, into actions: inout [BrokerAction]
    ) -> [SubscriptionID] {
        guard case .session(let session)? = connections[connection] else { return [] }
        let over = (clients[session]?.subscriptions ?? []).filter { id in
            clients[id].map { $0.topic == topic && $0.opening == .open(connection) } ?? false
        }
        for subscription in over { complete(subscription, now, into: &actions) }
        return over
    }

    /// Deletes a session and its subscriptions.
    /// - Throws: `sessionNotFound`, also when it is another token's and the caller is not an admin.
    package mutating func delete(
        _ id: SessionID, by principal: Principal, _ now: Now, into actions: inout [BrokerAction]
    ) throws(BrokerError) {
        guard let session = clients[id], owns(principal, session.record.principal) else {
            throw .sessionNotFound(id)
        }
        remove(id, .unsubscribed, now, &actions)
        settle(now, &actions)
    }

    @discardableResult
    mutating func insert(_ record: SessionRecord, opening: Opening, life: Milliseconds, _ now: Now) -> Session {
        let session = Session(record: record, opening: opening, expiry: Expiry(after: life, from: now))
        clients.insert(session)
        armDeadline(of: record.id, now)
        return session
    }

    /// Its connection has gone; it can be opened again, with all its subscriptions.
    mutating func suspend(_ id: SessionID, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let session = clients[id] else { return }
        clients[id]?.opening = .resumable
        clients[id]?.expiry = Expiry(after: settings.resumeWindow, from: now)
        clients[id]?.reading = SessionReading()
        for subscription in session.subscriptions { suspend(subscription, now, &actions) }
        armDeadline(of: id, now)
    }

    mutating func remove(_ id: SessionID, _ reason: EndReason, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let session = clients[id] else { return }
        // Suspended first: one end of the connection, not one for each subscription.
        if let connection = session.opening.connection {
            end(connection, reason, &actions)
            suspend(id, now, &actions)
        }
        for subscription in session.subscriptions { remove(subscription, reason, now, &actions) }
        deadlines.cancel(.session(id))
        clients.remove(id)
        actions.append(.forgetSession(id, reason))
    }

    mutating func armDeadline(of id: SessionID, _ now: Now) {
        guard let session = clients[id] else { return }
        arm(.session(id), session.expiry, session.record.principal, now)
    }

    mutating func sessionDeadline(_ id: SessionID, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let session = clients[id] else { return }
        if let reason = dueReason(session.expiry, session.record.principal, now) {
            remove(id, reason, now, &actions)
        } else {
            armDeadline(of: id, now)
        }
    }
}
