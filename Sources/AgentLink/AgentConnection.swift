package import Model
package import Reactor
package import Wire

/// One agent's TCP connection, from its first byte to its end: handshake, heartbeats, and the frames between. Confined
/// to the loop of its listener.
package final class AgentConnection {
    private enum Phase {
        case awaitingHello
        /// Hello has been handed to the delegate, which has not answered yet.
        case awaitingDecision
        case open
        /// The last frame is on its way out.
        case closing
    }

    /// Where it comes from: `192.0.2.7:40000`.
    package let peer: String
    /// Nil before the Hello.
    package private(set) var agent: AgentID?
    package private(set) var counters = Counters()
    /// For the delegate, which so finds what it knows of the agent without looking it up. Forgotten when it has closed.
    package var owner: AnyObject?

    package struct Counters: Sendable {
        package var framesIn: UInt64 = 0
        package var bytesIn: UInt64 = 0
        package var framesOut: UInt64 = 0
    }

    /// Nil before the link is open, which is before anything else happens, and after it has closed.
    private var link: Link?
    private unowned let listener: AgentListener  // because the hub keeps the listener until every link has closed
    private var phase = Phase.awaitingHello
    private var wasWelcomed = false
    private var closeReason: AgentCloseReason?
    private var openedAt: MonotonicTime
    private var lastHeard: MonotonicTime
    private var lastSent: MonotonicTime

    init(peer: String, listener: AgentListener, now: MonotonicTime) {
        self.listener = listener
        self.peer = peer
        openedAt = now
        lastHeard = now
        lastSent = now
    }

    // MARK: - Deciding about a Hello

    /// Whether `welcome` or `refuse` still has an effect: a decision that takes time may come too late.
    package var isAwaitingDecision: Bool { phase == .awaitingDecision }

    /// Whether what the agent sends still counts.
    package var isOpen: Bool { phase == .open }

    /// Lets the agent in.
    package func welcome(session: String, tasks: [TaskID: AgentTaskState], agentToken: String?) {
        guard phase == .awaitingDecision else { return }
        phase = .open
        wasWelcomed = true
        listener.welcomed(self)
        let settings = listener.settings
        send { arena in
            .welcome(
                arena.make {
                    $0.session_id = arena.copy(session)
                    wireSet(&$0.has_heartbeat_ms, &$0.heartbeat_ms, UInt32(settings.heartbeat))
                    wireSet(&$0.has_max_frame_bytes, &$0.max_frame_bytes, UInt32(settings.maxFrameBytes))
                    $0.gateway_version = arena.copy(settings.gatewayVersion)
                    $0.agent_token = arena.copy(agentToken)
                    let states = Array(tasks)
                    $0.n_tasks = states.count
                    $0.tasks = arena.makeList(count: states.count) { index, state in
                        state.task_id = arena.copy(states[index].key.text)
                        wireSet(&state.has_last_seq, &state.last_seq, states[index].value.lastSeq)
                        wireSet(&state.has_is_final, &state.is_final, flag: states[index].value.isFinal)
                    }
                })
        }
        link?.resume()
    }

    /// Turns the agent away and closes.
    package func refuse(_ refusal: AgentRefusal) {
        guard phase == .awaitingHello || phase == .awaitingDecision else { return }
        listener.countRefusal(refusal, of: self)
        send { arena in
            .refusal(
                arena.make {
                    wireSet(&$0.has_code, &$0.code, refusal.wireCode)
                    $0.message = arena.copy(refusal.message)
                    let retryAfter = refusal.retryAfter.map { UInt32(clamping: $0) }
                    wireSet(&$0.has_retry_after_ms, &$0.retry_after_ms, retryAfter)
                })
        }
        close(.lost("refused: \(refusal.message)"))
    }

    // MARK: - Sending

    /// Sends one message, put together in the arena it is given. A connection whose agent does not read is closed by
    /// the link when too much waits.
    package func send(_ body: (WireArena) -> WireServerBody) {
        guard phase != .closing else { return }
        let arena = listener.outArena
        arena.reset()
        let buffer = listener.outBuffer
        buffer.removeAll()
        buffer.appendEncoded(arena.serverMessage(body(arena)))
        let isQueued = buffer.withBytes { link?.send($0) ?? false }
        guard isQueued else { return overflow() }
        counters.framesOut += 1
        lastSent = listener.now
    }

    /// The agent does not read: it comes back to a fresh connection, and is told everything again.
    private func overflow() {
        phase = .closing
        if closeReason == nil {
            closeReason = .lost("more than \(listener.settings.maxOutputBytes) bytes waited for it")
        }
        link?.close()
    }

    /// Says Goodbye and closes.
    package func goodbye(_ reason: AgentCloseReason, retryAfter: Milliseconds? = nil) {
        guard phase != .closing else { return }
        send { arena in
            .goodbye(
                arena.make {
                    wireSet(&$0.has_reason, &$0.reason, reason.wireReason)
                    $0.message = arena.copy(reason.text)
                    wireSet(&$0.has_retry_after_ms, &$0.retry_after_ms, retryAfter.map { UInt32(clamping: $0) })
                })
        }
        close(reason)
    }

    /// How long the last frame may take to leave.
    private static let closeLinger: Duration = .milliseconds(500)

    private func close(_ reason: AgentCloseReason) {
        phase = .closing
        if closeReason == nil { closeReason = reason }
        link?.close(afterFlushingWithin: Self.closeLinger)
    }

    // MARK: - Receiving

    /// One frame from the agent.
    private func receive(
        _ frame: UnsafeRawBufferPointer, _ arena: WireArena, _ delegate: any AgentLinkDelegate, _ now: Now
    ) {
        guard phase != .closing else { return }
        counters.framesIn += 1
        counters.bytesIn += UInt64(frame.count)
        if phase == .open, let sample = WireSample(frame),
            delegate.agentSampled(self, sample, frame: frame, at: now)
        {
            return
        }
        let message: WireAgentBody
        do throws(WireError) {
            arena.reset()
            message = try decodeAgentMessage(frame, arena: arena).pointee.message
        } catch {
            let isTLS = phase == .awaitingHello && UnspokenTLS.begins(frame)
            return goodbye(.protocolError(isTLS ? UnspokenTLS.text : "\(error)"))
        }
        switch (phase, message) {
        case (.awaitingHello, .hello(let hello)): receiveHello(hello.pointee)
        case (.awaitingHello, _): refuse(.invalidHello("the first message has to be Hello"))
        case (.open, .hello): goodbye(.protocolError("a second Hello"))
        case (.open, .heartbeat(let beat)):
            let generation = wireValue(beat.pointee.has_applied_generation, beat.pointee.applied_generation)
            delegate.agentBeat(self, appliedGeneration: generation, at: now)
        case (.open, .goodbye(let goodbye)):
            phase = .closing
            closeReason = goodbye.pointee.reason == .stopping ? .stopping : .lost("the agent said goodbye")
            link?.close()
        case (.open, .unknown): break  // a newer agent may say more than we know
        case (.open, let message): delegate.agentSent(self, message, frame: frame, at: now)
        case (.awaitingDecision, _): goodbye(.protocolError("a message before the Welcome"))
        case (.closing, _): break
        }
    }

    private func receiveHello(_ wire: WireHello) {
        do throws(AgentRefusal) {
            let hello = try AgentHello(wire)
            agent = hello.agent
            phase = .awaitingDecision
            // What comes after the Hello waits in the kernel, except what came in the same read, which is refused.
            link?.pause()
            listener.delegate.agentSaidHello(self, hello)
        } catch {
            refuse(error)
        }
    }

    func pauseReading() { link?.pause() }

    /// The time in which nothing was read is not held against the agent.
    func resumeReading(_ now: MonotonicTime) {
        openedAt = now
        lastHeard = now
        link?.resume()
    }

    // MARK: - Time

    /// Called a few times per heartbeat.
    func tick(_ now: MonotonicTime) {
        let settings = listener.settings
        switch phase {
        case .awaitingHello, .awaitingDecision:
            if !listener.isPaused, now.milliseconds(since: openedAt) >= settings.helloTimeout {
                let what = phase == .awaitingHello ? "Hello" : "decision about the Hello"
                refuse(.late("no \(what) within \(settings.helloTimeout) ms", retryAfter: Int.random(in: 500...5_000)))
            }
        case .open:
            let isSilent = now.milliseconds(since: lastHeard) >= 3 * settings.heartbeat
            if isSilent, !listener.isPaused { return goodbye(.silent) }
            // At the look that is nearest to its time, not at the first one behind it.
            if now.milliseconds(since: lastSent) + settings.tick / 2 >= settings.heartbeat { beat() }
        case .closing: break
        }
    }

    private func beat() {
        let wall = listener.wallNanoseconds
        send { arena in
            .heartbeat(arena.make { wireSet(&$0.has_sent_at_unix_ns, &$0.sent_at_unix_ns, wall) })
        }
    }

}

// MARK: - The link

extension AgentConnection: LinkDelegate {
    package func linkOpened(_ link: Link) {
        self.link = link
        listener.opened(self)
    }

    package func link(_ link: Link, received frames: Frames) -> Bool {
        // Once for all that has come together: a clock costs as much as a small message.
        let now = listener.bothClocks
        lastHeard = now.monotonic
        let delegate = listener.delegate
        let arena = listener.inArena
        for frame in frames { receive(frame, arena, delegate, now) }
        return true
    }

    package func linkReceivedBadFrame(_ link: Link, _ reason: LinkEnd.Reason) {
        let tooLarge = "a frame of more than \(listener.settings.maxFrameBytes) bytes"
        goodbye(.protocolError(reason == .frameTooLarge ? tooLarge : "what is no frame"))
    }

    package func linkClosed(_ link: Link, _ end: LinkEnd) {
        self.link = nil
        phase = .closing
        let reason =
            closeReason ?? (end.reason.isProtocolError ? .protocolError(end.description) : .lost(end.description))
        closeReason = reason
        if case .tlsFailed(let failure) = end.reason {
            listener.countTLSFailure(failure, end.description, of: self)
        }
        listener.closed(self, reason, wasWelcomed: wasWelcomed)
        if wasWelcomed { listener.delegate.agentClosed(self, reason) }
        owner = nil
    }
}

extension LinkEnd.Reason {
    fileprivate var isProtocolError: Bool {
        switch self {
        case .frameTooLarge, .frameMalformed, .truncated: true
        case .closedByPeer, .closedByUs, .inputOutputError, .connectFailed, .tlsFailed, .tlsExpected: false
        }
    }
}

extension AgentRefusal {
    fileprivate var wireCode: WireRefusalCode {
        switch self {
        case .badCredentials: .badCredentials
        case .idNotAllowed: .idNotAllowed
        case .protocolTooOld: .protocolTooOld
        case .invalidHello: .invalidHello
        case .busy, .late: .busy
        case .draining: .draining
        }
    }

    fileprivate var retryAfter: Milliseconds? {
        switch self {
        case .busy(let after), .draining(let after), .late(_, let after): after
        default: nil
        }
    }
}

extension AgentCloseReason {
    fileprivate var wireReason: WireGoodbyeReason {
        switch self {
        case .replaced: .replaced
        case .draining: .draining
        case .protocolError: .protocolError
        case .stopping, .silent, .lost: .unspecified
        }
    }

    /// A sentence for a person, in Goodbye and in the log.
    package var text: String {
        switch self {
        case .stopping: "the agent stops"
        case .silent: "nothing was heard from the agent for three heartbeats"
        case .replaced: "another connection with this id has taken over"
        case .draining: "the gateway is going down"
        case .protocolError(let text), .lost(let text): text
        }
    }
}
