package import AgentLink
package import Broker
import Logging
package import Model
import Pipeline
package import Reactor
package import Service
package import Storage

/// Starting, draining, and what happens once a second.
extension Hub {
    /// What a former life of the gateway has left in the store.
    package struct Legacy: Sendable {
        var agents: [AgentRecord]
        var sessions: [SessionRecord]
        var subscriptions: [SubscriptionRecord]
        var demands: [ServerDemand]
        var tasks: [TaskRecord]
        var deployments: [RestoredDeployment]
        var positions: [StreamPosition]
        var alerts: [Alert]

        package static func read(_ store: Store) async throws(StoreError) -> Legacy {
            let subscriptions = try await store.subscriptions()
            return Legacy(
                agents: try await store.agents(), sessions: try await store.sessions(),
                subscriptions: subscriptions, demands: try await store.serverDemands(),
                tasks: try await store.unfinishedTasks(),
                deployments: try await RestoredDeployment.read(store, subscriptions),
                positions: store.logs.positions(), alerts: try await store.activeAlerts())
        }
    }

    /// Takes over what is stored. Before anything else.
    package func restore(_ legacy: Legacy) {
        var snapshot = BrokerSnapshot()
        for record in legacy.agents {
            add(record)
            snapshot.agents[record.id] = record.labels
        }
        awaited = AwaitedAgents(legacy.agents, until: now.monotonic + settings.returnTime)
        for position in legacy.positions { agents[position.agent]?.ledgers[position.type] = StreamLedger(position) }
        for alert in legacy.alerts where alert.state == .firing && alert.silence == nil {
            if case .one(let id) = alert.agent { agents[id]?.firing.append(alert) }
        }
        snapshot.sessions = legacy.sessions
        snapshot.subscriptions = legacy.subscriptions
        snapshot.serverDemands = legacy.demands
        change { $0.restore(snapshot, $1, into: &$2) }
        restoreDeployments(legacy.deployments)
        restoreTasks(legacy.tasks)
    }

    /// Begins to accept agents.
    /// - Returns: the port.
    package func listen(host: String, port: UInt16, settings: AgentLinkSettings) throws(ReactorError) -> UInt16 {
        let listener = AgentListener(loop: loop, settings: settings, delegate: AgentDoor(self), log: log)
        let port = try listener.listen(host: host, port: port)
        self.listener = listener
        for port in ports {
            // unowned: the hub keeps its ports, which call on its loop, and the loop ends before the hub does
            port.onFullChange = { [unowned self] in assumeIsolated { $0.slowAgentsDown() } }
        }
        let interval = Duration.milliseconds(self.settings.saveInterval)
        timers.append(
            loop.schedule(after: interval, repeating: interval) { [unowned self] in
                // unowned: the timer is owned by self and ends with it
                assumeIsolated { hub in
                    hub.saveAgents()
                    hub.failAbandonedTasks()
                    hub.containerLookups.expire(at: hub.now.monotonic)
                    hub.saveEndsAgain()
                    hub.saveDeployments()
                    hub.giveUpHistories()
                    hub.reportAwaited()
                    hub.askAgain()
                }
            })
        return port
    }

    /// Agents are read from only while every client loop keeps up with what they send.
    private func slowAgentsDown() {
        let isAnyFull = ports.contains(where: \.isFull)
        guard let listener, listener.isPaused != isAnyFull else { return }
        listener.setPaused(isAnyFull)
        if isAnyFull { counters.agentPauses += 1 }
        log.warning(
            isAnyFull ? "a client loop does not keep up: agents are not read from" : "agents are read from again")
    }

    /// Requests are answered from now on.
    package func becomeReady() { shared.becomeReady() }

    /// Takes nothing new, tells everybody, and saves.
    package func drain() async {
        shared.becomeDraining()
        let spread = settings.drainSpread
        let wall = now.wall
        let listeners = connections.mapValues { (subscription: $0.subscription, format: $0.format) }
        for port in ports {
            port.lastWords { id in
                ControlEvent.draining(
                    retry: Int.random(in: 500...max(501, spread)), listeners[id]?.subscription, at: wall,
                    format: listeners[id]?.format ?? .current)
            }
        }
        saveAgents()
        saveDeployments()
        listener?.drain(spread: spread)
        timers = []
        selfTests = [:]
        brokerTimer = nil
    }

    /// A connection has gone. Any thread.
    package nonisolated func connectionGone(_ id: ConnectionID, _ counts: DeliveryCounts, completed: UInt64?) {
        loop.execute { self.assumeIsolated { $0.gone(id, counts, completed: completed) } }
    }

    /// A session's client has been given everything of a task. Any thread.
    package nonisolated func taskRead(_ id: ConnectionID, _ topic: TopicID, _ end: TaskReadEnd) {
        loop.execute { self.assumeIsolated { $0.ended(id, topic, end) } }
    }

    /// A client that reads from a file asks how far its live log goes. Any thread; the answer goes to the client's loop,
    /// behind the events up to there.
    package nonisolated func tellProgress(of topic: TopicID, to id: ConnectionID) {
        loop.execute { self.assumeIsolated { $0.answerProgress(of: topic, to: id) } }
    }

    /// The tokens as they are now: what belongs to one that is revoked, expired or gone ends. Any thread.
    package nonisolated func tokensChanged(_ tokens: [TokenRecord]) {
        loop.execute {
            self.assumeIsolated { hub in
                let now = hub.now.wall
                let valid = Set(tokens.filter { $0.isValid(at: now) }.map(\.name))
                let ended = hub.knownTokens.union(tokens.map(\.name)).subtracting(valid)
                for name in ended.subtracting(hub.endedTokens) { hub.end(name) }
                hub.knownTokens = valid
                hub.endedTokens = ended
            }
        }
    }

    /// A token has ended, whoever ended it: so do the streams it made and the connections of agents that carry it.
    private func end(_ token: TokenName) {
        change { $0.endToken(token, .tokenExpired, $1, into: &$2) }
        for agent in agents.values where agent.token == token {
            agent.connection?.goodbye(.lost("its token is revoked or has expired"))
        }
    }
}

extension DeliveryCounts {
    mutating func add(_ other: DeliveryCounts) {
        delivered += other.delivered
        dropped += other.dropped
        conflated += other.conflated
    }
}
