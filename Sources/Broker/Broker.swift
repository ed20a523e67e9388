package import Model

/// Who is subscribed to what, why each stream runs, and what each agent has to be told about it.
///
/// A value without I/O, clock and randomness: time and fresh ids are parameters, and what has to be done comes out as
/// `BrokerAction`s, appended to the caller's array and to be carried out in order. Its owner (the Hub) confines it to
/// one thread. In short:
///
/// - **Clients**: `createSubscription`, `createSession`, `connect`, `disconnected`, `complete`, `delete`, `endToken`;
///   `subscription`, `session`, `subscriptions` to look.
/// - **Agents**: `agentConnected`, `agentLost`, `heartbeat`, `streamStates`; `streamKey(agent:ref:)` for samples.
/// - **The gateway's own demand**: `putServerDemand`, `removeServerDemand`, `taskStarted`, `taskEnded`.
/// - **Events**: `collectDueViews` says which views get a sample.
/// - **Time**: `tick` when `.scheduleTick` asked for it, or at `nextDeadline`.
/// - **Life**: `restore` once, first; `activeStreams` and `counts` for the curious.
///
/// Every change is settled when a method returns: one `sendDesired` per agent and call, however much changed. A method
/// that throws has changed nothing and appended nothing.
package struct Broker: Sendable {
    package let settings: BrokerSettings

    var clients = SubscriptionTable()
    var connections: [ConnectionID: Opened] = [:]
    var views = ViewTable()
    var demand: DemandTracker
    var agents = AgentTable()
    var serverDemands: [ServerStreamID: ServerDemand] = [:]
    var serverDemandIDs: [StreamKey: ServerStreamID] = [:]
    var tasks: [TaskID: [StreamKey]] = [:]
    var deadlines = DeadlineQueue<Deadline>()
    /// The earliest time for which a tick has been asked and not come.
    var requestedTick: MonotonicTime?
    /// Leases that were refused because the agent had `maxStreamsPerAgent`.
    var refusedLeases: UInt64 = 0

    /// What a connection has opened.
    enum Opened: Hashable, Sendable {
        case subscription(SubscriptionID)
        case session(SessionID)
    }

    enum Deadline: Hashable, Sendable {
        case subscription(SubscriptionID)
        case session(SessionID)
        /// A stream without leases.
        case linger(StreamKey)
        /// An agent that has not said that it applied what it was told.
        case resend(AgentID)
    }

    package init(settings: BrokerSettings = BrokerSettings()) {
        self.settings = settings
        demand = DemandTracker(maxStreamsPerAgent: settings.maxStreamsPerAgent)
    }

    /// When `tick` has something to do.
    package var nextDeadline: MonotonicTime? { deadlines.next }

    /// Handles what is due: expiry, the end of lingering, sending again.
    package mutating func tick(_ now: Now, into actions: inout [BrokerAction]) {
        requestedTick = nil
        var budget = settings.deadlinesPerTick
        while budget > 0, let due = deadlines.popDue(now.monotonic) {
            budget -= 1
            switch due {
            case .subscription(let id): subscriptionDeadline(id, now, &actions)
            case .session(let id): sessionDeadline(id, now, &actions)
            case .linger(let key): stopIfIdle(key, &actions)
            case .resend(let agent): resendIfBehind(agent, now, &actions)
            }
        }
        settle(now, &actions)
    }

    /// The last step of every change: tells the agents that have to know, and asks for a tick.
    mutating func settle(_ now: Now, _ actions: inout [BrokerAction]) {
        for agent in agents.takeDirty(now: now.monotonic) {
            deadlines.cancel(.resend(agent))
            actions.append(.sendDesired(agent, desiredState(of: agent)))
        }
        guard let next = deadlines.next else { return }
        if let requestedTick, requestedTick <= next { return }
        requestedTick = next
        actions.append(.scheduleTick(next))
    }
}
