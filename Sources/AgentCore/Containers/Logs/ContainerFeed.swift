import Glibc
import JSON
import Logging
import Reactor

/// Containers as a source of `log_aggregation`: follows the logs of all whose names match, those that are there and those
/// that start later, from their first line on. What was printed before the agent first looked is history. Loop's thread
/// only.
final class ContainerFeed {
    struct Settings {
        /// Names of containers, or patterns of names as for files.
        var patterns: [String]
        /// Of the spools.
        var directory: String
    }

    /// Of more the rest is not followed.
    static let maximumContainers = 128
    private static let retryDelay: Duration = .seconds(5)
    /// Between two looks at what can be cleared away.
    private static let lookPeriod: Duration = .seconds(2)
    private static let filters = #"{"type":["container"],"event":["start","destroy","remove"]}"#

    private let settings: Settings
    private let engine: ContainerEngine
    private let logs: LogSource
    private let log: Logger
    private var followers: [String: ContainerFollower] = [:]
    /// When this agent began, in nanoseconds since 1970.
    private let began = unixNanoseconds()
    /// Those for which the engine has been asked which containers there are: what other names match was there before
    /// somebody asked for it.
    private var knownPatterns: [String]
    /// Followed when the list was asked for, and not started since: what is not in the list is gone.
    private var listable: Set<String> = []
    private var isTooMany = false
    private var problemIsLogged = false
    private var lines = EventLines()
    private var events: EngineCall?
    private var list: EngineCall?
    private var retry: LoopTimer?
    private var timer: LoopTimer?

    init(_ settings: Settings, engine: ContainerEngine, logs: LogSource, log: Logger) {
        self.settings = settings
        self.engine = engine
        self.logs = logs
        self.log = log
        let known = StateFile.contents(Self.marker(settings)).map { String(decoding: $0, as: UTF8.self) }
        knownPatterns = (known ?? "").split(separator: "\n").map { String($0) }
        for name in ContainerSpool.containers(in: settings.directory) { follow(name, onlyToItsEnd: !matches(name)) }
        // unowned, here and below: timers and calls belong to this object.
        timer = engine.loop.schedule(after: Self.lookPeriod, repeating: Self.lookPeriod) { [unowned self] in look() }
        connect()
    }

    func stop() {
        (timer, retry, events, list) = (nil, nil, nil, nil)
        followers = [:]
    }

    // MARK: - Which containers there are

    /// Events from this moment on, and then the list: nothing starts in between unseen.
    private func connect() {
        lines = EventLines()
        listable = Set(followers.keys)
        let now = EngineTime.text(nanoseconds: unixNanoseconds())
        events = engine.stream(
            HTTPCall(.get, "/events", [("filters", Self.filters), ("since", now)]), timeout: nil,
            EngineCall.Handlers(
                body: { [unowned self] in lines.consume($0) { self.take($0) } },
                end: { [unowned self] _ in connectLater() }))
        list = engine.json(HTTPCall(.get, "/containers/json", [("all", "1")])) { [unowned self] in listed($0) }
    }

    private func connectLater() {
        (events, list) = (nil, nil)
        retry = engine.loop.schedule(after: Self.retryDelay) { [unowned self] in connect() }
    }

    private func listed(_ result: Result<JSONValue, EngineError>) {
        let names: [String]
        switch result {
        case .failure(let error):
            note(error)
            return connectLater()
        case .success(let answer): names = (answer.array ?? []).compactMap { $0["Names"]?[0]?.string?.withoutSlash }
        }
        problemIsLogged = false
        for name in listable.subtracting(names) { followers[name]?.isGone = true }
        for name in names where matches(name) { follow(name) }
        guard knownPatterns != settings.patterns else { return }
        knownPatterns = settings.patterns
        let text = knownPatterns.map { $0 + "\n" }.joined()
        if let problem = StateFile.replace(Self.marker(settings), with: Array(text.utf8)) {
            log.error("\(Self.marker(settings)): \(problem)")
        }
    }

    /// Once, however long it lasts.
    private func note(_ error: EngineError) {
        guard !problemIsLogged else { return }
        problemIsLogged = true
        log.warning("which containers there are cannot be found out, and is tried again: \(error.sentence)")
    }

    private func take(_ text: [UInt8]) {
        guard let event = try? JSONParser.parse(text), let name = event["Actor"]?["Attributes"]?["name"]?.string,
            matches(name), let action = event["Action"]?.string ?? event["status"]?.string
        else { return }
        if action == "start" {
            listable.remove(name)
            follow(name)
        } else {
            followers[name]?.isGone = true
        }
    }

    private func matches(_ name: String) -> Bool { LogPatterns.matches(name, settings.patterns) }

    // MARK: - Following them

    /// - Parameter onlyToItsEnd: what is in its spool is sent, and nothing more read.
    private func follow(_ name: String, onlyToItsEnd: Bool = false) {
        if let follower = followers[name] { return follower.read() }
        // Engines allow no others; a slash would lead out of the directory.
        guard let container = ContainerName(name), !name.contains("/") else { return }
        guard followers.count < Self.maximumContainers else {
            if !isTooMany { log.warning("more than \(Self.maximumContainers) containers: the rest is not followed") }
            return isTooMany = true
        }
        do {
            let isNew = LogPatterns.matches(name, knownPatterns)
            let spool = try ContainerSpool(
                of: name, in: settings.directory, start: isNew ? .beginning : .since(began))
            let follower = ContainerFollower(container, spool: spool, engine: engine, logs: logs, log: log)
            followers[name] = follower
            if onlyToItsEnd { follower.isGone = true } else { follower.read() }
        } catch {
            log.error("a container is not followed: \(error.detail)", metadata: ["container": "\(name)"])
        }
    }

    private func look() {
        for (name, follower) in followers where follower.look() { followers[name] = nil }
    }

    /// A file with the known patterns.
    private static func marker(_ settings: Settings) -> String { "\(settings.directory)/looked" }
}
