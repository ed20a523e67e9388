import Model

/// What an agent does about its one connection: events in, actions out, no I/O and no clock.
///
/// ```
/// resting ──timer──> connecting ──linkUp──> greeting ──Welcome──> open
///    ▲                   │ lost                 │ Refusal, lost      │ Goodbye, silence, lost
///    └───────────────────┴──── closing ◄────────┴────────────────────┘
/// ```
/// `closing` waits for the link's last callback; what comes after it was decided when closing began.
struct SessionMachine<Generator: RandomNumberGenerator> {
    enum Action: Equatable {
        /// Open a link; `linkUp` or `linkLost` follows.
        case connect
        case sendHello
        case sendHeartbeat
        /// Close the link, after the Goodbye if there is one; `linkLost` follows.
        case close(Goodbye?)
        /// (Re)start the one timer of the session; `timerFired` follows.
        case startTimer(after: Milliseconds, repeating: Bool)
        case stopTimer
        case opened(Welcome)
        /// The session that was open is over.
        case lost
        /// For the streams and tasks.
        case deliver(GatewayMessage)
        case end(AgentExit)
        case log(LogNote)
    }

    private enum State {
        case resting
        case connecting
        case greeting
        case open(lastHeard: MonotonicTime, heartbeat: Milliseconds)
        case closing(Next)
        case ended
    }

    private enum Next {
        case retry(after: Milliseconds?)
        case stayAway
        case end(AgentExit)
    }

    /// The gateway must have answered the Hello by then.
    static var welcomeTimeout: Milliseconds { 10_000 }
    /// How long an agent stays away that another one with its id has replaced.
    static var replacedDelay: Milliseconds { 300_000 }
    /// At least so long an agent stays away that could not use the session it got: what is in its way is its host's.
    static var abandonedDelay: Milliseconds { 10_000 }
    /// That many heartbeats without a word from the gateway, and it is lost.
    static var silentHeartbeats: Int { 3 }

    private var state = State.resting
    private var backoff: Backoff<Generator>
    /// Why attempts have failed since one succeeded, as logged; a gateway that is away for days fills no log.
    private var loggedFailures: Set<String> = []
    /// Beyond it further reasons are not worth a line.
    private static var maximumFailures: Int { 16 }

    init(generator: Generator) { backoff = Backoff(generator: generator) }

    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    mutating func start() -> [Action] {
        state = .connecting
        return [.connect]
    }

    /// The link is up.
    mutating func linkUp() -> [Action] {
        guard case .connecting = state else { return [] }
        state = .greeting
        return [.sendHello, .startTimer(after: Self.welcomeTimeout, repeating: false)]
    }

    /// The link is gone, whoever closed it; `detail` is for the log.
    mutating func linkLost(detail: String) -> [Action] {
        switch state {
        case .closing(.retry(let delay)): return rest(retryAfter: delay)
        case .closing(.stayAway): return rest(exactly: Self.replacedDelay)
        case .closing(.end(let exit)): return end(exit)
        case .connecting: return [.log(failed("no connection to the gateway: \(detail)"))] + rest()
        case .greeting: return [.log(failed("connection lost before the Welcome: \(detail)"))] + rest()
        case .open: return [.log(.notice("connection lost: \(detail)")), .lost] + rest()
        case .resting, .ended: return []
        }
    }

    mutating func timerFired(now: MonotonicTime) -> [Action] {
        switch state {
        case .resting: return start()
        case .greeting: return close(.retry(after: nil), .warning("the gateway did not answer the Hello"))
        case .open(let lastHeard, let heartbeat):
            guard now.milliseconds(since: lastHeard) < Self.silentHeartbeats * heartbeat else {
                return close(.retry(after: nil), .warning("no word from the gateway: the connection is taken as lost"))
            }
            return [.sendHeartbeat]
        case .connecting, .closing, .ended: return []
        }
    }

    mutating func received(_ message: GatewayMessage, now: MonotonicTime) -> [Action] {
        switch state {
        case .greeting: return receivedInGreeting(message, now: now)
        case .open(_, let heartbeat):
            state = .open(lastHeard: now, heartbeat: heartbeat)
            return receivedWhileOpen(message)
        case .resting, .connecting, .closing, .ended: return []
        }
    }

    /// A frame that is no valid message. The gateway is told, and tried again later.
    mutating func receivedGarbage(_ reason: String) -> [Action] {
        close(
            .retry(after: nil), .warning("the gateway broke the protocol: \(reason)"),
            saying: Goodbye(.protocolError, reason))
    }

    /// The agent cannot use the session that has just opened: closes without a word, and tries again later.
    mutating func abandon(_ why: String) -> [Action] {
        guard isOpen else { return [] }
        return close(.retry(after: Self.abandonedDelay), .error(why))
    }

    /// The agent stops: says goodbye where somebody listens, and ends with `exit` once the link is closed.
    mutating func stop(_ exit: AgentExit) -> [Action] {
        switch state {
        case .resting: return [.stopTimer] + end(exit)
        case .open, .greeting: return close(.end(exit), nil, saying: Goodbye(.stopping))
        case .connecting: return close(.end(exit), nil)
        case .closing:
            state = .closing(.end(exit))
            return []
        case .ended: return []
        }
    }

    // MARK: -

    private mutating func receivedInGreeting(_ message: GatewayMessage, now: MonotonicTime) -> [Action] {
        switch message {
        case .welcome(let welcome):
            loggedFailures = []
            state = .open(lastHeard: now, heartbeat: welcome.heartbeat)
            return [.startTimer(after: welcome.heartbeat, repeating: true), .opened(welcome)]
        case .refusal(let refusal): return refused(refusal)
        case .goodbye(let goodbye): return dismissed(goodbye)
        case .unknown: return []
        default: return receivedGarbage("a message before the Welcome")
        }
    }

    private mutating func receivedWhileOpen(_ message: GatewayMessage) -> [Action] {
        switch message {
        case .welcome, .refusal: return receivedGarbage("a second answer to the Hello")
        case .goodbye(let goodbye): return dismissed(goodbye)
        case .heartbeat:
            backoff.reset()
            return []
        case .unknown: return []
        default: return [.deliver(message)]
        }
    }

    private mutating func refused(_ refusal: Refusal) -> [Action] {
        let sentence = refusal.message.isEmpty ? "no reason given" : refusal.message
        guard refusal.code.isFinal else {
            return close(.retry(after: refusal.retryAfter), .notice("the gateway wants us later: \(sentence)"))
        }
        return close(.end(.refused("the gateway refused this agent: \(sentence)")), nil)
    }

    private mutating func dismissed(_ goodbye: Goodbye) -> [Action] {
        let why = goodbye.message.isEmpty ? "\(goodbye.reason)" : goodbye.message
        guard goodbye.reason == .replaced else {
            return close(.retry(after: goodbye.retryAfter), .notice("the gateway said goodbye: \(why)"))
        }
        let note =
            "another agent connected with this id and replaced this one; it stays away for five minutes. "
            + "Two agents need two ids: see --id"
        return close(.stayAway, .error(note))
    }

    private mutating func close(_ next: Next, _ note: LogNote?, saying goodbye: Goodbye? = nil) -> [Action] {
        let wasOpen = isOpen
        state = .closing(next)
        return (note.map { [.log($0)] } ?? []) + (wasOpen ? [.lost] : []) + [.stopTimer, .close(goodbye)]
    }

    private mutating func failed(_ text: String) -> LogNote {
        let isNew = loggedFailures.count < Self.maximumFailures && loggedFailures.insert(text).inserted
        return isNew ? .notice(text) : .debug(text)
    }

    private mutating func rest(retryAfter: Milliseconds? = nil) -> [Action] {
        rest(exactly: backoff.next(retryAfter: retryAfter))
    }

    private mutating func rest(exactly delay: Milliseconds) -> [Action] {
        state = .resting
        return [.log(.debug("connecting again in \(delay) ms")), .startTimer(after: delay, repeating: false)]
    }

    private mutating func end(_ exit: AgentExit) -> [Action] {
        state = .ended
        return [.end(exit)]
    }
}
