import Wire

/// Where a stream of lines stands whose agent numbers them, and does not send them again: a hole in the numbers is lines
/// that will never come.
struct LineNumbers {
    /// Of the last line that came or was lost; 0 before the first.
    private(set) var last: UInt64 = 0

    /// Takes the next line. One without a number tells nothing; a number that does not rise begins anew.
    /// - Returns: the lines that are missing before it.
    mutating func take(_ line: UnsafeMutablePointer<WireContainerLog>) -> ClosedRange<UInt64>? {
        guard let seq = wireValue(line.pointee.has_seq, line.pointee.seq) else { return nil }
        defer { last = seq }
        return seq > last && seq - last > 1 ? last + 1...seq - 1 : nil
    }

    /// Takes what the agent says that it has dropped, if it says so.
    /// - Returns: the lines that are missing up to there.
    mutating func skip(_ gap: UnsafeMutablePointer<WireSeqRange>?) -> ClosedRange<UInt64>? {
        guard let gap = gap?.pointee, let from = wireValue(gap.has_from_seq, gap.from_seq),
            let to = wireValue(gap.has_to_seq, gap.to_seq), from >= 1, from <= to
        else { return nil }
        let first = from > last ? last + 1 : from
        last = to
        return first...to
    }

    /// Takes a whole batch.
    /// - Returns: how many lines are missing in it and before it.
    mutating func take(_ gap: UnsafeMutablePointer<WireSeqRange>?, _ lines: WireList<WireContainerLog>) -> UInt64 {
        var missing = UInt64(skip(gap)?.count ?? 0)
        for line in lines { missing &+= UInt64(take(line)?.count ?? 0) }
        return missing
    }

    /// Whether every number is one that a line can have.
    static func arePlausible(_ gap: UnsafeMutablePointer<WireSeqRange>?, _ lines: WireList<WireContainerLog>) -> Bool {
        let limit = RunningTask.lineNumbers.upperBound
        if let gap = gap?.pointee, wireValue(gap.has_to_seq, gap.to_seq) ?? 0 > limit { return false }
        for line in lines where wireValue(line.pointee.has_seq, line.pointee.seq) ?? 0 > limit { return false }
        return true
    }
}
