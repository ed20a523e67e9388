/// How long to stay away after a connection failed or was lost: a random time of up to 0.5 s, then up to 1 s, 2 s ...
/// 30 s ("full jitter", so that a fleet that lost its gateway does not come back in step). Of the agents, and of the simulated ones that load a gateway.
package struct Backoff<Generator: RandomNumberGenerator> {
    package static var firstCeiling: Milliseconds { 500 }
    package static var lastCeiling: Milliseconds { 30_000 }
    /// No gateway can send an agent away for longer than this.
    package static var maximumRetryAfter: Milliseconds { 3_600_000 }

    private var generator: Generator
    private var ceiling: Milliseconds

    package init(generator: Generator) {
        self.generator = generator
        ceiling = Self.firstCeiling
    }

    /// The next delay. With `retryAfter` (what the gateway asked for) it is never shorter than that.
    package mutating func next(retryAfter: Milliseconds? = nil) -> Milliseconds {
        let jitter = Milliseconds.random(in: 0...ceiling, using: &generator)
        ceiling = min(ceiling * 2, Self.lastCeiling)
        return min(max(0, retryAfter ?? 0), Self.maximumRetryAfter) + jitter
    }

    /// The connection has proved itself: the next loss starts from 0.5 s again.
    package mutating func reset() { ceiling = Self.firstCeiling }
}
