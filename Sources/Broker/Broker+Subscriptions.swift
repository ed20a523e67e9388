package import Model

extension Broker {
    /// Makes a subscription; nothing starts before it is opened, unless its session is open.
    package mutating func createSubscription(
        _ request: SubscriptionRequest, _ now: Now, into actions: inout [BrokerAction]
    ) throws(BrokerError) -> SubscriptionDescription {
        let record = try validate(request, now)
        if !record.config.isForOneConnection { actions.append(.persist(record)) }
        insert(record, opening: .unopened, life: settings.subscriptionTTL, now)
        if let session = record.session, let connection = clients[session]?.opening.connection {
            attach(record.id, to: connection, now, &actions)
        }
        settle(now, &actions)
        guard let created = clients[record.id] else { preconditionFailure("it was inserted above") }
        return describe(created)
    }

    /// A client opens a subscription. An older connection of it is replaced.
    /// - Parameter missedEnd: the client's cursor is before the end of a stream that has ended: let it in again.
    /// - Throws: `subscriptionNotFound`, `ended`, or `conflict` for one that belongs to a session.
    package mutating func connect(
        _ id: SubscriptionID, _ connection: ConnectionID, missedEnd: Bool = false, _ now: Now,
        into actions: inout [BrokerAction]
    ) throws(BrokerError) {
        guard let subscription = clients[id] else { throw .subscriptionNotFound(id) }
        guard subscription.session == nil else {
            throw .conflict("the subscription belongs to a session and is read there")
        }
        if subscription.opening == .ended, !missedEnd { throw .ended }
        if let older = subscription.opening.connection { end(older, .replaced, &actions) }
        connections[connection] = .subscription(id)
        attach(id, to: connection, now, &actions)
        clients[id]?.expiry = nil
        armDeadline(of: id, now)
        settle(now, &actions)
    }

    /// A connection has gone, whoever closed it. Nothing happens if the broker ended or replaced it before.
    package mutating func disconnected(
        _ connection: ConnectionID, _ now: Now, into actions: inout [BrokerAction]
    ) {
        switch connections.removeValue(forKey: connection) {
        case .subscription(let id):
            suspend(id, now, &actions)
            if clients[id]?.config.isForOneConnection == true {
                remove(id, .expired, now, &actions)
            } else {
                clients[id]?.expiry = Expiry(after: settings.resumeWindow, from: now)
                armDeadline(of: id, now)
            }
        case .session(let id): suspend(id, now, &actions)
        case nil: return
        }
        settle(now, &actions)
    }

    /// Everything of a stream that is over has been written to the client: ends it, so that a reconnect throws `ended`.
    package mutating func complete(_ id: SubscriptionID, _ now: Now, into actions: inout [BrokerAction]) {
        guard let subscription = clients[id], subscription.opening != .ended else { return }
        leave(subscription, reason: .completed, now, &actions)
        clients[id]?.opening = .ended
        if subscription.config.isForOneConnection {
            remove(id, .completed, now, &actions)
        } else {
            clients[id]?.expiry = Expiry(after: settings.resumeWindow, from: now)
            armDeadline(of: id, now)
        }
        settle(now, &actions)
    }

    /// - Throws: `subscriptionNotFound`, also when it is another token's and the caller is not an admin.
    package mutating func delete(
        _ id: SubscriptionID, by principal: Principal, _ now: Now, into actions: inout [BrokerAction]
    ) throws(BrokerError) {
        guard let subscription = clients[id], owns(principal, subscription.principal) else {
            throw .subscriptionNotFound(id)
        }
        remove(id, .unsubscribed, now, &actions)
        settle(now, &actions)
    }

    /// A token is revoked or has ended: so do all streams that it made.
    package mutating func endToken(
        _ token: TokenName, _ reason: EndReason, _ now: Now, into actions: inout [BrokerAction]
    ) {
        let sessions = clients.sessions.values.filter { $0.record.principal.token == token }.map(\.record.id).sorted()
        for id in sessions { remove(id, reason, now, &actions) }
        let rest = clients.inOrder.filter { $0.record.principal.token == token }.map(\.record.id)
        for id in rest { remove(id, reason, now, &actions) }
        settle(now, &actions)
    }

    /// Ids are capabilities, so only their owner and admins of the whole fleet see them. Tokens of one name may have
    /// different scopes, if somebody else makes them, and one with a smaller scope must not get at the streams of a
    /// larger one.
    func owns(_ principal: Principal, _ owner: Principal) -> Bool {
        let isAdminOfAll = principal.role == .admin && principal.scope.isUnrestricted
        return isAdminOfAll || (principal.token == owner.token && principal.scope == owner.scope)
    }

    // MARK: - Steps shared with sessions

    mutating func insert(_ record: SubscriptionRecord, opening: Opening, life: Milliseconds, _ now: Now) {
        let expiry = record.session == nil ? Expiry(after: life, from: now) : nil
        clients.insert(record, opening: opening, expiry: expiry)
        armDeadline(of: record.id, now)
    }

    mutating func attach(
        _ id: SubscriptionID, to connection: ConnectionID, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        guard let subscription = clients[id] else { return }
        let topic = listen(subscription, on: connection, now, &actions)
        let joinsTopic = subscription.session.map { read(topic, in: $0) } ?? true
        clients[id]?.opening = .open(connection)
        clients[id]?.topic = topic
        guard let view = views[topic] else { return }
        let isTaskRunning = view.key.type.info.category == .task ? isTaskRunning(view) : nil
        actions.append(
            .attach(
                Attachment(
                    connection: connection, subscription: id, view: view.description,
                    config: subscription.config, isResumed: subscription.opening != .unopened,
                    joinsTopic: joinsTopic, isTaskRunning: isTaskRunning)))
        if isTaskRunning != false { actions.append(.status(connection, id, state(of: view))) }
        if joinsTopic, view.key.agent == .every, let session = subscription.session {
            matchCoverage(of: session, &actions)
        }
    }

    /// The connection has gone, the subscription may be opened again: it keeps its view, but no lease.
    mutating func suspend(_ id: SubscriptionID, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let subscription = clients[id], subscription.opening.connection != nil, let topic = subscription.topic
        else { return }
        clients[id]?.opening = .resumable
        views.retain(topic)
        unlisten(subscription, now, &actions)
    }

    /// Ends a connection from this side.
    mutating func end(_ connection: ConnectionID, _ reason: EndReason, _ actions: inout [BrokerAction]) {
        connections[connection] = nil
        actions.append(.endConnection(connection, reason))
    }

    /// Takes a subscription off its view and its connection, whatever state it is in.
    mutating func leave(
        _ subscription: Subscription, reason: EndReason, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        guard let topic = subscription.topic else { return }
        clients[subscription.id]?.topic = nil
        guard let connection = subscription.opening.connection else {
            views.release(topic)
            closeViewIfUnused(topic, &actions)
            return
        }
        if let session = subscription.session {
            detach(subscription, from: session, connection, topic, reason, &actions)
        } else {
            end(connection, reason, &actions)
        }
        unlisten(subscription, now, &actions)
    }

    mutating func remove(
        _ id: SubscriptionID, _ reason: EndReason, _ now: Now, _ actions: inout [BrokerAction]
    ) {
        guard let subscription = clients[id] else { return }
        leave(subscription, reason: reason, now, &actions)
        deadlines.cancel(.subscription(id))
        clients.remove(id)
        actions.append(.forget(id, reason))
    }

    private mutating func detach(
        _ subscription: Subscription, from session: SessionID, _ connection: ConnectionID, _ topic: TopicID,
        _ reason: EndReason, _ actions: inout [BrokerAction]
    ) {
        let leavesTopic = unread(topic, in: session)
        actions.append(
            .detach(
                Detachment(
                    connection: connection, subscription: subscription.id, topic: topic,
                    leavesTopic: leavesTopic, reason: reason)))
        if leavesTopic, views[topic]?.key.agent == .every { matchCoverage(of: session, &actions) }
    }

    // MARK: - Deadlines

    /// The earlier of its own expiry and the end of its token.
    mutating func armDeadline(of id: SubscriptionID, _ now: Now) {
        guard let subscription = clients[id] else { return }
        arm(.subscription(id), subscription.expiry, subscription.principal, now)
    }

    mutating func arm(_ key: Deadline, _ expiry: Expiry?, _ principal: Principal, _ now: Now) {
        let tokenEnd = principal.expires.map { end in
            now.monotonic + Milliseconds(max(0, end.millisecondsSince1970 - now.wall.millisecondsSince1970))
        }
        let times = [expiry?.deadline, tokenEnd].compactMap(\.self)
        if let earliest = times.min() { deadlines.set(key, at: earliest) } else { deadlines.cancel(key) }
    }

    mutating func subscriptionDeadline(_ id: SubscriptionID, _ now: Now, _ actions: inout [BrokerAction]) {
        guard let subscription = clients[id] else { return }
        if let reason = dueReason(subscription.expiry, subscription.principal, now) {
            remove(id, reason, now, &actions)
        } else {
            armDeadline(of: id, now)
        }
    }

    /// Why something whose deadline came has to go; nil if the wall clock was set back meanwhile and it may stay.
    func dueReason(_ expiry: Expiry?, _ principal: Principal, _ now: Now) -> EndReason? {
        if let end = principal.expires, end <= now.wall { return .tokenExpired }
        if let expiry, expiry.deadline <= now.monotonic { return .expired }
        return nil
    }
}
