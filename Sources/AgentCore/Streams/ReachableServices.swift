import Options
import Reactor

/// What became of the last attempt to reach each watched service. A health check tells the last result and begins the
/// next attempt, so it never waits. Loop's thread only.
final class ReachableServices {
    /// So long a service has to accept.
    static let timeout: Duration = .seconds(5)

    private let loop: EventLoop
    private let services: [WatchedService]
    private var results: [String: String?] = [:]
    private var attempts: [String: ServiceAttempt] = [:]

    init(loop: EventLoop, services: [WatchedService]) {
        self.loop = loop
        self.services = services
    }

    /// In the order of their names; those that have been tried.
    var states: [ServiceState] {
        services.compactMap { service in
            results[service.name].map { problem in
                ServiceState(
                    name: service.name, state: problem == nil ? "reachable" : "unreachable",
                    detail: problem ?? "\(service.address)")
            }
        }
    }

    /// Tries each service, unless an attempt is under way. Calls the body when all have been tried for the first time.
    func refresh(first: @escaping () -> Void) {
        for service in services where attempts[service.name] == nil {
            let attempt = ServiceAttempt { [weak self] problem in  // weak: the link outlives this object by a moment
                self?.ended(service, problem, first)
            }
            attempts[service.name] = attempt
            attempt.link = Link.connect(
                on: loop, host: service.address.host, port: service.address.port, timeout: Self.timeout,
                limits: ServiceAttempt.limits, delegate: attempt)
        }
    }

    private func ended(_ service: WatchedService, _ problem: String?, _ first: () -> Void) {
        let wereComplete = results.count == services.count
        attempts[service.name] = nil
        results[service.name] = .some(problem)
        if !wereComplete, results.count == services.count { first() }
    }
}

/// How something on the host is, in words.
package struct ServiceState: Equatable, Sendable {
    package var name: String
    package var state: String
    package var detail: String
}

/// One attempt: whether it is accepted counts, what is said then does not.
private final class ServiceAttempt: LinkDelegate {
    static let limits = LinkLimits(maxFrame: 1 << 10, maxOutput: 1 << 10, lowWater: 1 << 9)

    var link: Link?
    private var onEnd: ((String?) -> Void)?

    init(_ onEnd: @escaping (String?) -> Void) { self.onEnd = onEnd }

    func linkOpened(_ link: Link) {
        end(nil)
        link.close()
    }

    func link(_ link: Link, received frames: Frames) -> Bool { false }

    func linkClosed(_ link: Link, _ end: LinkEnd) {
        self.link = nil
        self.end(end.description)
    }

    private func end(_ problem: String?) {
        let body = onEnd
        onEnd = nil
        body?(problem)
    }
}
