import Glibc

/// SplitMix64: the same seed gives the same run on every machine.
struct SeededNoise: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 0 ..< 1.
    mutating func uniform() -> Double { Double.random(in: 0..<1, using: &self) }

    /// Mean 0, standard deviation 1: G. Box, M. Muller, 1958.
    mutating func normal() -> Double {
        (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    /// Mean 1.
    mutating func exponential() -> Double { -log(1 - uniform()) }
}
