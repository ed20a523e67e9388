import Glibc

/// How far a resource falls back from time to time, to tell a leak from a sawtooth: garbage collection, log rotation,
/// a cache that is emptied.
///
/// Drawdown, as it is known from finance (M. Magdon-Ismail et al.: "On the maximum drawdown of a Brownian motion", J.
/// Appl. Prob. 41, 2004), with a memory that fades: the highest and the lowest level and the deepest fall decay towards
/// the present with the time constant `memory`. A resource that has fallen by d is expected to fall so again; only a
/// rise well above d, which no such fall would undo, is taken for a leak.
struct Swing: Sendable {
    /// Seconds: a week, so that what happens once a day is well remembered on the next.
    static let memory: Double = 7 * 86_400
    /// A rise counts as one if it is that many times the deepest fall.
    static let factor: Float = 1.25

    private var time: Double = 0
    private var high: Float = -.infinity
    private var low: Float = .infinity
    /// The deepest fall from a high.
    private(set) var fall: Float = 0
    private var level: Float = 0

    mutating func observe(_ value: Float, at now: Double) {
        let keep = Float(exp(-max(0, now - time) / Self.memory))
        time = now
        if high.isFinite {
            high = max(value, value + (high - value) * keep)
            low = min(value, value + (low - value) * keep)
        } else {
            (high, low) = (value, value)
        }
        fall = max(fall * keep, high - value)
        level = value
    }

    /// How far the present level is above the lowest.
    var rise: Float { low.isFinite ? level - low : 0 }

    /// Whether the rise is no more than what it has fallen by before.
    /// - Parameter tolerance: falls up to here are noise.
    func isSawtooth(tolerance: Float) -> Bool { fall > tolerance && rise < Self.factor * fall }
}
