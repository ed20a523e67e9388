import Synchronization
package import Service

/// Counts the requests that have been answered, over all listeners. Any thread.
package final class HTTPStatistics: Sendable {
    private struct Counts {
        var answers: [Int: UInt64] = [:]
        var streams: UInt64 = 0
    }

    private let counts = Mutex(Counts())

    package init() {}

    func countAnswer(_ status: Int) { counts.withLock { $0.answers[status, default: 0] += 1 } }

    func countStream() { counts.withLock { $0.streams += 1 } }

    package func write(to text: inout MetricsText) {
        let counts = counts.withLock { $0 }
        text.counter(
            "sluice_http_answers", "Requests answered by the API, by status",
            counts.answers.sorted { $0.key < $1.key }.map { .init($0.value, ["status": "\($0.key)"]) })
        text.counter("sluice_http_stream_requests", "Requests for SSE streams", counts.streams)
    }
}
