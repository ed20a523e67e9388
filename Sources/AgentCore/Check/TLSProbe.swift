import Glibc
import Options
import Reactor
import Synchronization

/// One connection with TLS, to see whether agent and gateway accept each other.
///
/// @unchecked Sendable because `state` has its mutex and everything else is a constant.
final class TLSProbe: LinkDelegate, @unchecked Sendable {
    private static let patience: Duration = .seconds(5)
    /// A gateway that refuses the agent's certificate says so after the handshake (TLS 1.3).
    private static let afterthought: Duration = .milliseconds(500)
    private static let limits = LinkLimits(maxFrame: 1 << 20, maxOutput: 1 << 10, lowWater: 0)

    private struct State {
        var openedAt: ContinuousClock.Instant?
        /// Why the connection has ended.
        var problem: String?
    }

    private let state = Mutex(State())

    /// What keeps the two apart; nil when nothing does. Waits, so it is not for a loop.
    static func problem(with tls: TLSContext, at gateway: Endpoint) -> String? {
        let loop: EventLoop
        do { loop = try EventLoop(name: "check") } catch { return error.description }
        defer {
            loop.stop()
            loop.join()
        }
        let probe = TLSProbe()
        loop.execute {
            _ = Link.connect(
                on: loop, host: gateway.host, port: gateway.port, timeout: patience, limits: limits, tls: tls,
                delegate: probe)
        }
        return probe.wait()
    }

    /// The link's own timeout bounds it.
    private func wait() -> String? {
        while true {
            let now = state.withLock { $0 }
            if let problem = now.problem { return problem }
            if let openedAt = now.openedAt, ContinuousClock.now - openedAt > Self.afterthought { return nil }
            usleep(10_000)
        }
    }

    func linkOpened(_ link: Link) { state.withLock { $0.openedAt = .now } }

    func link(_ link: Link, received frames: Frames) -> Bool { true }

    func linkClosed(_ link: Link, _ end: LinkEnd) { state.withLock { $0.problem = end.advice } }
}
