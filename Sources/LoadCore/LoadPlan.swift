package import Options

/// What is to be done, checked.
package struct LoadPlan: Sendable {
    /// The server that is measured.
    package enum Target: Sendable {
        case gateway(WebAddress, agents: Endpoint)
        /// Another SSE server: templates with `{topic}`.
        case peer(subscribe: WebAddress, publish: WebAddress)
    }

    package enum Pace: Sendable, Equatable {
        /// Events a second over all topics; 0: none.
        case open(rate: Int)
        /// So many to each topic at a time.
        case closed(inFlight: Int)
    }

    package var label: String
    package var target: Target
    package var token: String?
    package var agentToken: String?
    package var serverPIDs: [Int32]
    package var stream: LoadStream
    package var subscribers: Int
    package var slow: Int
    /// Bytes a second.
    package var slowRate: Int
    package var frozen: Int
    package var agents: Int
    package var topics: Int
    /// Hosts that send log lines; together so many lines a second, of so many bytes.
    package var logAgents: Int
    package var logRate: Int
    package var logLineBytes: Int
    /// Hosts that send samples.
    package var metricAgents: Int
    package var pace: Pace
    /// Bytes of a line.
    package var size: Int
    package var duration: Milliseconds
    package var drain: Milliseconds
    package var bufferSize: Int
    package var churn: Int
    package var stormAt: Milliseconds?
    package var waitsRetry: Bool
    package var workers: Int
    package var connectWindow: Int
    package var probes: Bool
    package var printsJSON: Bool
    package var isQuiet: Bool
    /// Different for each run, so that no two have a topic in common.
    package var runID: String

    package typealias Milliseconds = Int

    package var plain: Int { subscribers - slow - frozen }
    /// Events of the open loop: those that are due before its end. Nil for the closed loop.
    package var asked: Int? {
        guard case .open(let rate) = pace else { return nil }
        return (rate * duration + 999) / 1_000
    }
    /// No two runs have one in common, so that a store can be asked for the lines of this one.
    package func logAgentID(_ agent: Int) -> String { "load-\(runID)-log-\(agent)" }
    package var isPeer: Bool { if case .peer = target { true } else { false } }
}

extension LoadPlan {
    /// - Parameters:
    ///   - descriptors: how many one process may have open.
    ///   - runID: letters and digits.
    package init(_ options: Invocation, descriptors: Int, runID: String) throws(OptionError) {
        label = options[LoadOptions.label]
        target = try Self.target(options)
        token = try Self.token(options, LoadOptions.tokenFile)
        agentToken = try Self.token(options, LoadOptions.agentTokenFile)
        serverPIDs = try Self.processes(options)
        stream = LoadStream(rawValue: options[LoadOptions.streamType]) ?? .containerLogs
        subscribers = options[LoadOptions.subscribers]
        slow = options[LoadOptions.slow]
        slowRate = options[LoadOptions.slowRate]
        frozen = options[LoadOptions.frozen]
        agents = options[LoadOptions.agents]
        topics = options[LoadOptions.topics]
        logAgents = options[LoadOptions.logAgents]
        logRate = options[LoadOptions.logRate]
        logLineBytes = options[LoadOptions.logLineBytes]
        metricAgents = options[LoadOptions.metricAgents]
        pace = options[LoadOptions.inFlight].map { .closed(inFlight: $0) } ?? .open(rate: options[LoadOptions.rate])
        size = options[LoadOptions.size]
        duration = options[LoadOptions.duration]
        drain = options[LoadOptions.drain]
        bufferSize = options[LoadOptions.bufferSize]
        churn = options[LoadOptions.churn]
        stormAt = options[LoadOptions.stormAt]
        waitsRetry = options[LoadOptions.reconnect] == "retry"
        connectWindow = options[LoadOptions.connectWindow]
        printsJSON = options[LoadOptions.json]
        isQuiet = options[LoadOptions.quiet]
        probes = options[LoadOptions.probe] || churn > 0 || stormAt != nil
        self.runID = runID
        workers = 1
        workers = try Self.workers(options, for: subscribers, descriptors: descriptors)
        try check(options)
    }

    private static func target(_ options: Invocation) throws(OptionError) -> Target {
        let subscribe = options[LoadOptions.peerSubscribe]
        let publish = options[LoadOptions.peerPublish]
        guard let subscribe, let publish else {
            guard subscribe == nil, publish == nil else {
                throw .usage("--peer-subscribe and --peer-publish belong together")
            }
            let gateway = try address(options, LoadOptions.gateway, options[LoadOptions.gateway])
            return .gateway(gateway, agents: options[LoadOptions.agentsAddress])
        }
        return .peer(
            subscribe: try address(options, LoadOptions.peerSubscribe, subscribe),
            publish: try address(options, LoadOptions.peerPublish, publish))
    }

    private static func address<Value>(
        _ options: Invocation, _ option: Option<Value>, _ text: String
    ) throws(OptionError) -> WebAddress {
        guard let address = WebAddress(text) else {
            throw options.problem(with: option, expected: "an address such as http://127.0.0.1:8080 (no TLS)")
        }
        return address
    }

    private static func token(_ options: Invocation, _ option: Option<String?>) throws(OptionError) -> String? {
        guard let path = options[option] else { return nil }
        guard let text = SmallFile.read(path) else {
            throw options.problem(with: option, expected: "a file that can be read")
        }
        let token = text.split(whereSeparator: \.isWhitespace)
        guard token.count == 1, token[0].utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw options.problem(with: option, expected: "a file with one token in it")
        }
        return String(token[0])
    }

    private static func processes(_ options: Invocation) throws(OptionError) -> [Int32] {
        var result: [Int32] = []
        for text in options[LoadOptions.serverPID] {
            guard let pid = Int32(text), pid > 0 else {
                throw options.problem(with: LoadOptions.serverPID, expected: "numbers of processes")
            }
            result.append(pid)
        }
        return result
    }

    /// Descriptors of a worker that are no subscribers: its epoll, what makes subscriptions, stdio.
    private static let spareDescriptors = 64

    private static func workers(
        _ options: Invocation, for subscribers: Int, descriptors: Int
    ) throws(OptionError) -> Int {
        let each = max(1, descriptors - spareDescriptors)
        let needed = (subscribers + each - 1) / each
        let workers = options[LoadOptions.workers] ?? needed
        guard workers >= needed, workers <= 16 else {
            throw .usage(
                "--subscribers \(subscribers): takes \(needed) processes of \(descriptors) descriptors each (ulimit -n); "
                    + "expected at most 16, and no less than needed in --workers")
        }
        return min(workers, subscribers)
    }

    /// Rules between two options.
    private func check(_ options: Invocation) throws(OptionError) {
        guard slow + frozen <= subscribers else {
            throw .usage("--slow and --frozen: expected no more together than the \(subscribers) --subscribers")
        }
        if case .closed = pace, slow > 0 || churn > 0 || stormAt != nil {
            throw .usage("--in-flight waits for every subscriber: not with --slow, --churn or --storm-at")
        }
        if let stormAt, stormAt >= duration {
            throw .usage("--storm-at: expected less than the --duration")
        }
        guard topics <= subscribers else {
            throw .usage("--topics \(topics): expected no more than the \(subscribers) --subscribers")
        }
        guard !isPeer else {
            guard logAgents == 0, metricAgents == 0 else {
                throw .usage("--log-agents and --metric-agents: not with --peer-subscribe; they need a gateway")
            }
            return
        }
        try checkStream()
    }

    private func checkStream() throws(OptionError) {
        guard agents <= topics else {
            throw .usage("--agents \(agents): expected no more than the \(topics) --topics, one agent for each at most")
        }
        guard stream == .metrics else { return }
        guard agents == topics else {
            throw .usage("--stream-type metrics: expected as many --agents as --topics; each agent has one such stream")
        }
        switch pace {
        case .open(let rate) where rate <= 10 * topics: break
        default: throw .usage("--stream-type metrics: expected a --rate of at most 10 events a second for each topic")
        }
    }
}
