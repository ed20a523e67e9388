import Reactor

/// Follows the engine's events for the stream `system_events`: one connection, opened again when it breaks, without an
/// event missing or twice as far as the engine remembers. Loop's thread only.
final class ContainerEvents {
    private static let retryDelay: Duration = .seconds(10)
    /// Podman sends `die` too, but looks for the name that it has itself.
    private static let filters =
        #"{"type":["container"],"event":["die","died","oom","kill","health_status"]}"#

    private let containers: ContainerServices
    private let report: (HostEvent) -> Void
    private var reader = ContainerEventReader()
    private var lines = EventLines()
    private var call: EngineCall?
    private var retry: LoopTimer?

    init(_ containers: ContainerServices, report: @escaping (HostEvent) -> Void) {
        self.containers = containers
        self.report = report
        connect()
    }

    private func connect() {
        guard containers.isWatched else { return connectLater() }
        var query = [("filters", Self.filters)]
        // A clock that was set back while the connection was broken must not hide what came since.
        let since = min(reader.latest, unixNanoseconds())
        if since > 0 { query.append(("since", EngineTime.text(nanoseconds: since))) }
        lines = EventLines()
        // unowned: the call and the timer belong to this object. No timeout: a head may come with the first event.
        call = containers.engine.stream(
            HTTPCall(.get, "/events", query), timeout: nil,
            EngineCall.Handlers(
                body: { [unowned self] in received($0) }, end: { [unowned self] _ in connectLater() }))
    }

    private func connectLater() {
        retry = containers.engine.loop.schedule(after: Self.retryDelay) { [unowned self] in connect() }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        lines.consume(bytes) { line in
            if let event = reader.take(line, now: .now) { report(event) }
        }
    }
}
