package import Model
import Reactor
import Synchronization

/// Takes JSON Web Tokens for the running gateway: with the keys that are in force, and with a memory of the tokens that
/// were good, since each is sent many times and verifying one costs up to 0.3 ms. Any thread; nothing here waits
/// but for a short lock.
package final class WebTokenVerifier: Sendable {
    private struct State {
        var keys: WebTokenKeys
        /// Rises with each change of the keys: what was verified with others is not remembered.
        var generation = 0
        /// By SHA-256 of the token, so that memory holds no token. Bounded by `maximumRemembered`.
        var remembered: [[UInt8]: Principal] = [:]
    }

    /// Beyond so many, expired ones are forgotten, and if that is not enough, all.
    package static let maximumRemembered = 1_024

    private let rules: WebTokenRules
    private let state: Mutex<State>

    package init(_ keys: WebTokenKeys, _ rules: WebTokenRules) {
        self.rules = rules
        state = Mutex(State(keys: keys))
    }

    /// From now on tokens have to be signed with these. Streams that others opened end when those expire.
    package func replaceKeys(_ keys: WebTokenKeys) {
        state.withLock { state in
            state.keys = keys
            state.generation += 1
            state.remembered = [:]
        }
    }

    /// Who bears the token.
    package func principal(bearing text: String, at now: WallTime) throws(WebTokenRefusal) -> Principal {
        guard text.utf8.count <= WebToken.maximumBytes else { throw .malformed }
        let digest = Secrets.sha256(text.utf8)
        let (known, keys, generation) = state.withLock { ($0.remembered[digest], $0.keys, $0.generation) }
        if let known, let end = known.expires, now < end { return known }
        let payload = try WebToken(text).verified(by: keys)
        let principal = try WebTokenClaims(payload, digest: digest).principal(rules, at: now)
        remember(principal, digest, generation, now)
        return principal
    }

    /// How many are remembered.
    package var remembered: Int { state.withLock { $0.remembered.count } }

    private func remember(_ principal: Principal, _ digest: [UInt8], _ generation: Int, _ now: WallTime) {
        state.withLock { state in
            guard generation == state.generation else { return }
            if state.remembered.count >= Self.maximumRemembered {
                state.remembered = state.remembered.filter { _, other in other.expires.map { now < $0 } ?? false }
            }
            if state.remembered.count >= Self.maximumRemembered { state.remembered = [:] }
            state.remembered[digest] = principal
        }
    }
}
