import AgentLink
import Broker
import Logging
import Model
import Reactor
import Service
import Storage
import Wire

/// Agents come, say what they are and what they do, and go. Called by AgentLink on the core loop.
///
/// @unchecked Sendable because it has no state but the hub, whose executor is the loop that calls it.
final class AgentDoor: AgentLinkDelegate, @unchecked Sendable {
    // unowned(unsafe), since a check would cost more than a small message: the hub owns the listener, whose
    // connections call the door on the hub's loop, and the loop ends before the hub does.
    private unowned(unsafe) let hub: Hub
    init(_ hub: Hub) { self.hub = hub }

    func agentSaidHello(_ connection: AgentConnection, _ hello: AgentHello) {
        let connection = Unshared(connection)
        hub.assumeIsolated { $0.admit(connection, hello) }
    }

    func agentBeat(_ connection: AgentConnection, appliedGeneration: UInt64?, at now: Now) {
        let connection = Unshared(connection)
        hub.assumeIsolated { hub in
            guard let agent = hub.agent(of: connection.value) else { return }
            agent.record.lastSeen = now.wall
            if agent.isEnrolling { hub.completeEnrolment(of: agent) }
            guard let appliedGeneration else { return }
            hub.change { $0.heartbeat(agent.id, appliedGeneration: appliedGeneration, $1, into: &$2) }
        }
    }

    func agentSent(
        _ connection: AgentConnection, _ message: WireAgentBody, frame: UnsafeRawBufferPointer, at now: Now
    ) {
        hub.loop.assertInLoop()
        received(hub, connection, message, frame, now)
    }

    /// `agentSent` on the hub, as a function that asks nobody to prove where it runs: `assumeIsolated` does the same cast,
    /// and allocates twice for each message on the way.
    private let received = unsafeBitCast(AgentDoor.receiveOnHub, to: Receive.self)
    private typealias Receive = (Hub, AgentConnection, WireAgentBody, UnsafeRawBufferPointer, Now) -> Void

    private static let receiveOnHub:
        @Sendable (isolated Hub, AgentConnection, WireAgentBody, UnsafeRawBufferPointer, Now) -> Void = {
            (hub, connection, message, frame, now) in
            guard let agent = hub.agent(of: connection) else { return }
            hub.receive(message, from: agent, frame: frame, now)
        }

    func agentSampled(
        _ connection: AgentConnection, _ sample: WireSample, frame: UnsafeRawBufferPointer, at now: Now
    ) -> Bool {
        hub.loop.assertInLoop()
        return sampled(hub, connection, sample, frame, now)
    }

    /// As above.
    private let sampled = unsafeBitCast(AgentDoor.sampleOnHub, to: Sample.self)
    private typealias Sample = (Hub, AgentConnection, WireSample, UnsafeRawBufferPointer, Now) -> Bool

    private static let sampleOnHub:
        @Sendable (isolated Hub, AgentConnection, WireSample, UnsafeRawBufferPointer, Now) -> Bool = {
            (hub, connection, sample, frame, now) in
            guard let agent = hub.agent(of: connection) else { return true }
            return hub.receive(sample, from: agent, frame: frame, now)
        }

    func agentClosed(_ connection: AgentConnection, _ reason: AgentCloseReason) {
        let connection = Unshared(connection)
        hub.assumeIsolated { $0.lost(connection.value, reason) }
    }
}

/// Takes a value into `assumeIsolated`, which asks for Sendable although it never leaves the thread.
///
/// @unchecked Sendable because it is made, used and dropped inside one synchronous call on the core loop.
struct Unshared<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

extension Hub {
    func agent(of connection: AgentConnection) -> Agent? {
        guard let owner = connection.owner else { return nil }
        let agent = unsafeDowncast(owner, to: Agent.self)  // because nothing else is set below
        return agent.connection === connection ? agent : nil  // else a newer one has replaced it
    }

    // MARK: - Coming

    func admit(_ unshared: Unshared<AgentConnection>, _ hello: AgentHello) {
        let connection = unshared.value
        guard !shared.isDraining else {
            return connection.refuse(.draining(retryAfter: Int.random(in: 500...settings.drainSpread)))
        }
        guard agents[hello.agent] != nil || agents.count < settings.maxAgents else {
            return connection.refuse(.busy(retryAfter: Int.random(in: 5_000...30_000)))
        }
        switch credentials.judge(hello, at: now.wall) {
        case .refused(let refusal):
            audit(hello.agent.text, "agent hello", "", connection.peer, "unauthenticated")
            connection.refuse(refusal)
        case .admitted(let token): welcome(connection, hello, token, ownSecret: nil)
        case .enrolling(let token):
            Task {
                do {
                    let own = try await self.credentials.exchange(token, for: hello.agent, at: self.now.wall)
                    self.audit(token.text, "agent enrolment", hello.agent.text, unshared.value.peer, "ok")
                    self.welcome(unshared.value, hello, own.name, ownSecret: own.secret)
                } catch {
                    self.audit(token.text, "agent enrolment", hello.agent.text, unshared.value.peer, "unauthenticated")
                    unshared.value.refuse(.badCredentials)
                }
            }
        }
    }

    /// It has spoken after its Welcome, so it has kept the token that it was given there: see CONVERSATION in the schema.
    fileprivate func completeEnrolment(of agent: Agent) {
        agent.isEnrolling = false
        guard let token = agent.token else { return }
        let peer = agent.record.address
        Task {
            do {
                try await self.credentials.complete(token, at: self.now.wall)
                self.audit(token.text, "agent enrolled", agent.id.text, peer, "ok")
            } catch {
                // It is asked again at the next connection.
                self.log.error("an enrolment token stays good: \(error)", metadata: ["agent": "\(agent.id)"])
            }
        }
    }

    /// One that was not known. None is ever forgotten, so they can be counted through.
    @discardableResult
    func add(_ record: AgentRecord) -> Agent {
        let agent = Agent(record, number: agents.count + 1)
        let depth = depthForEveryAgent
        agents[record.id] = agent
        if depthForEveryAgent > depth { keepForEveryAgent() }
        return agent
    }

    private func welcome(
        _ connection: AgentConnection, _ hello: AgentHello, _ token: TokenName?, ownSecret: String?
    ) {
        // It may have ended while its token was exchanged; nobody would tell us again.
        guard connection.isAwaitingDecision else { return }
        if let latest = agents[hello.agent]?.hello, hello.isOfConnection(before: latest) {
            // What it holds and what runs there is out of date, and nobody listens at its end.
            let retryAfter = Int.random(in: 500...5_000)
            return connection.refuse(.late("a later connection of this agent was here before", retryAfter: retryAfter))
        }
        let now = self.now
        let agent = agents[hello.agent] ?? add(AgentRecord(hello, connection.peer, now.wall))
        if let older = agent.connection {
            noteReplacement(of: agent, agent.hello?.bootID, by: hello.bootID, now.monotonic)
            agent.disconnect()
            // A process that counts its connections has given the older one up. Of others nobody knows.
            let isSame = hello.connection != 0 && agent.hello.map(hello.isOfSameProcess) == true
            older.goodbye(isSame ? .lost("its agent has connected again") : .replaced)
            containerLookups.answer(agent.id, request: nil, .failure(.agentOffline(agent.id)))
        }
        awaited.remove(hello.agent)
        let held = reconcileTasks(of: hello.agent, hello)
        agent.connect(connection, hello, at: now.wall)
        connection.owner = agent
        agent.token = token
        agent.isEnrolling = token.map(credentials.isEnrolling) ?? false
        store.enqueue(.save(agent.record))
        counters.agentsConnected += 1
        connection.welcome(session: RandomText.make(bits: 64), tasks: held, agentToken: ownSecret)
        log.info(
            "agent connected",
            metadata: ["agent": "\(agent.id)", "peer": "\(connection.peer)", "version": "\(hello.version)"])
        report(
            "agent_connected", of: agent.id, "agent \(agent.id) has connected from \(connection.peer)",
            ["peer": connection.peer, "version": hello.version], mustCome: true)
        resumeTasks(of: agent, hello)
        agent.requestSystemInfo(SystemParts(), answering: nil)
        change {
            $0.agentConnected(hello.agent, labels: hello.labels, streamTypes: hello.streamTypes, $1, into: &$2)
        }
    }

    // MARK: - Going

    func lost(_ connection: AgentConnection, _ reason: AgentCloseReason) {
        guard let agent = agent(of: connection) else { return }  // replaced: the newer one goes on
        agent.disconnect()
        agent.record.lastSeen = now.wall
        agent.needsSave = true
        counters.agentsLost += 1
        log.info("agent lost", metadata: ["agent": "\(agent.id)", "why": "\(reason.text)"])
        // A gateway that goes down has lost none of them.
        if !shared.isDraining {
            report(
                "agent_lost", .warning, of: agent.id, "agent \(agent.id) is lost: \(reason.text)",
                ["reason": reason.text], mustCome: true)
        }
        noteAgentAway(agent.id)
        containerLookups.answer(agent.id, request: nil, .failure(.agentOffline(agent.id)))
        change { $0.agentLost(agent.id, $1, into: &$2) }
    }

    // MARK: - What it says of itself

    func receive(_ states: WireStreamStates, from agent: Agent) {
        if agent.isEnrolling { completeEnrolment(of: agent) }
        let rejected = WireList(states.n_rejected, states.rejected).map { item in
            RejectedStream(
                ref: wireValue(item.pointee.has_stream_ref, item.pointee.stream_ref) ?? 0,
                code: wireString(item.pointee.code) ?? "failed", message: wireString(item.pointee.message) ?? "")
        }
        let generation = wireValue(states.has_applied_generation, states.applied_generation) ?? 0
        change {
            $0.streamStates(agent.id, appliedGeneration: generation, rejected: rejected, $1, into: &$2)
        }
    }

    func receive(_ response: WireSystemInfoResponse, from agent: Agent, frame: UnsafeRawBufferPointer) {
        if response.info != nil {
            let blob = TimedBlob(time: now.wall, bytes: [UInt8](frame))
            agent.record.systemInfo = blob
            store.enqueue(.systemInfo(blob, of: agent.id))
        }
        guard let id = wireString(response.request_id), let task = tasks[TaskID(id)], task.agent == agent.id,
            task.record.operation == .systemRefresh
        else {
            return
        }
        finishRefresh(task, succeeded: response.info != nil)
    }

    // MARK: - Saving

    /// Once a second: last values and "last seen" of the agents that have changed.
    func saveAgents() {
        for agent in agents.values where agent.needsSave || agent.isConnected {
            store.enqueue(.seen(agent.id, at: agent.record.lastSeen))
            guard agent.needsSave else { continue }
            agent.needsSave = false
            if let metrics = agent.record.lastMetrics { store.enqueue(.lastMetrics(metrics, of: agent.id)) }
        }
    }
}

extension AgentRecord {
    fileprivate init(_ hello: AgentHello, _ peer: String, _ time: WallTime) {
        self.init(
            id: hello.agent, hostname: hello.hostname, version: hello.version, address: peer, labels: hello.labels,
            capabilities: hello.capabilities, firstSeen: time, lastSeen: time)
    }
}
