import Synchronization
package import Service

/// Counts the requests that have been answered, and knows the listeners that took them. Any thread.
package final class HTTPStatistics: Sendable {
    /// The counts of one listener; nil when it is gone.
    typealias Source = @Sendable () async -> HTTPServer.Connections?

    private struct Counts {
        var answers: [Int: UInt64] = [:]
        var streams: UInt64 = 0
        var listeners: [Source] = []
    }

    private let counts = Mutex(Counts())

    package init() {}

    func countAnswer(_ status: Int) { counts.withLock { $0.answers[status, default: 0] += 1 } }

    func countStream() { counts.withLock { $0.streams += 1 } }

    func add(_ listener: @escaping Source) { counts.withLock { $0.listeners.append(listener) } }

    package func write(to text: inout MetricsText) async {
        let counts = counts.withLock { $0 }
        text.counter(
            "sluice_http_answers", "Requests answered by the API, by status",
            counts.answers.sorted { $0.key < $1.key }.map { .init($0.value, ["status": "\($0.key)"]) })
        text.counter("sluice_http_stream_requests", "Requests for SSE streams", counts.streams)
        var listeners: [HTTPServer.Connections] = []
        for listener in counts.listeners { if let connections = await listener() { listeners.append(connections) } }
        Self.write(listeners, to: &text)
    }

    private static func write(_ listeners: [HTTPServer.Connections], to text: inout MetricsText) {
        func sum(_ value: (HTTPServer.Connections) -> UInt64) -> UInt64 { listeners.reduce(0) { $0 + value($1) } }
        text.gauge("sluice_http_connections", "Open HTTP connections, streams included", listeners.first?.open ?? 0)
        text.counter("sluice_http_connections_accepted", "HTTP connections accepted", sum(\.accepted))
        text.counter(
            "sluice_http_connections_over_limit", "HTTP connections beyond a limit of connections", sum(\.overLimit))
        text.counter(
            "sluice_http_connections_timed_out", "HTTP connections closed in the middle of a request", sum(\.timedOut))
        text.counter(
            "sluice_http_requests_rejected", "Requests that were no HTTP, or too large", sum(\.rejected))
        text.gauge("sluice_http_tls_connections", "Open HTTP connections over TLS", sum(\.openOverTLS))
        text.counter(
            "sluice_http_tls_failures", "HTTP connections that did not get as far as TLS", sum(\.failuresOfTLS))
        text.counter(
            "sluice_http_accept_pauses", "Times that accepting paused for lack of descriptors or memory",
            sum(\.acceptFailures))
    }
}
