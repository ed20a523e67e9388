/// Ids of lines of one segment, one bit each.
struct LineSet {
    private var words: [UInt64]
    private(set) var count = 0

    /// For ids from 0 to `last`.
    init(last: Int64) { words = [UInt64](repeating: 0, count: Int(last / 64) + 1) }

    /// An id beyond the last (a line that came meanwhile) is left out.
    mutating func insert(_ id: Int64) {
        let index = Int(id / 64)
        guard id >= 0, index < words.count else { return }
        let bit: UInt64 = 1 << UInt64(id % 64)
        count += words[index] & bit == 0 ? 1 : 0
        words[index] |= bit
    }

    func contains(_ id: Int64) -> Bool {
        let index = Int(id / 64)
        return id >= 0 && index < words.count && words[index] >> UInt64(id % 64) & 1 != 0
    }

    /// Nil when it is empty.
    var bounds: ClosedRange<Int64>? {
        guard let first = words.firstIndex(where: { $0 != 0 }), let last = words.lastIndex(where: { $0 != 0 }) else {
            return nil
        }
        let low = Int64(first * 64 + words[first].trailingZeroBitCount)
        return low...Int64(last * 64 + 63 - words[last].leadingZeroBitCount)
    }
}
