/// At most one value per metric, without an allocation. A metric that the host cannot give has none.
package struct MetricValues: Sendable {
    private var storage = InlineArray<23, Double>(repeating: 0)
    /// Bit n stands for the metric with raw value n.
    private var present: UInt32 = 0
    /// How many values were not taken because they were not finite, or beyond what a host can have.
    package private(set) var refused: UInt8 = 0

    package init() {}

    package var isEmpty: Bool { present == 0 }

    /// Setting a value that no host can have leaves the metric without one, and is counted.
    package subscript(key: MetricKey) -> Double? {
        get { present & key.bit == 0 ? nil : storage[key.rawValue] }
        set {
            present &= ~key.bit
            guard let newValue else { return }
            // Not a number is in no range.
            guard key.traits.range.contains(newValue) else {
                refused = min(refused, .max - 1) + 1
                return
            }
            setValid(key, newValue)
        }
    }

    /// For values made from ones that were taken before.
    package mutating func setValid(_ key: MetricKey, _ value: Double) {
        storage[key.rawValue] = value
        present |= key.bit
    }
}

extension MetricValues: Equatable {
    package static func == (a: Self, b: Self) -> Bool { MetricKey.all.allSatisfy { a[$0] == b[$0] } }
}

extension MetricKey {
    fileprivate var bit: UInt32 { 1 << UInt32(rawValue) }
}
