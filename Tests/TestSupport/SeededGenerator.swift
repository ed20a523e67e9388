import Glibc

/// SplitMix64: the same seed gives the same run on every machine.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    package mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}

/// The value of `SLUICE_SEED`, to repeat a run, or a new one; it is in the name of the test case that gets it.
package func seed() -> UInt64 {
    if let text = getenv("SLUICE_SEED"), let seed = UInt64(String(cString: text)) { return seed }
    return UInt64.random(in: 0..<1_000_000_000)
}
