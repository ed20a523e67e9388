import CLoad
import Reactor
import Synchronization

/// Asks `GET /healthz` every 20 ms and measures from the time a question was due. On the loop only; `results` may be
/// read by any thread.
final class HealthProbe {
    struct Results: Sendable {
        var answers = 0
        var failures = 0
        /// Nanoseconds.
        var slowest: UInt64 = 0
    }

    private let connection: HTTPConnection
    private let request: [UInt8]
    private var timer: LoopTimer?
    private let results: ProbeResults

    static let period: Duration = .milliseconds(20)

    init(_ address: SocketAddress, host: String, loop: EventLoop, results: ProbeResults) throws {
        connection = try HTTPConnection(address, loop: loop)
        request = Array(HTTPText.get("/healthz", host: host).utf8)
        self.results = results
        timer = loop.schedule(after: Self.period, repeating: Self.period) { [unowned self] in
            ask()  // unowned: the timer ends with this object
        }
    }

    private func ask() {
        // The slow answer is measured; more questions would only wait behind it.
        guard connection.unanswered == 0 else { return }
        let asked = MonotonicTime.now
        connection.send(request) { [results] answer in results.add(answer?.status == 200, since: asked) }
    }
}

/// Any thread.
final class ProbeResults: Sendable {
    private let state = Mutex(HealthProbe.Results())

    var value: HealthProbe.Results { state.withLock { $0 } }

    func add(_ isGood: Bool, since asked: UInt64) {
        let time = MonotonicTime.now - asked
        state.withLock {
            if isGood { $0.answers += 1 } else { $0.failures += 1 }
            $0.slowest = max($0.slowest, time)
        }
    }
}
