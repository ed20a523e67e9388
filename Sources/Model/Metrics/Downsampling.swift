/// Makes a history short enough to be drawn, without losing its peaks: neighbours are merged to rows that keep minimum,
/// average and maximum. (Min–max aggregation, visually lossless for lines from two points per pixel: U. Jugel et al.:
/// "M4: a visualization-oriented time series data aggregation", VLDB 2014.)
package enum Downsampling {
    /// The length of the rows that make at most `maxPoints` of a time range: whole seconds, and no less than
    /// `stored`, the length of the rows that there are.
    package static func resolution(
        from start: WallTime, to end: WallTime, maxPoints: Int, stored: Milliseconds
    ) -> Milliseconds {
        let range = max(0, end.millisecondsSince1970 - start.millisecondsSince1970)
        let perPoint = (range + Int64(max(1, maxPoints)) - 1) / Int64(max(1, maxPoints))
        let seconds = Int((perPoint + 999) / 1_000)
        return max(max(1, seconds) * 1_000, stored)
    }

    /// Rows of `resolution`, counted from `start`. A stretch in which there was nothing has no row.
    /// - Parameters:
    ///   - rows: ordered by time; those that begin before `start`, or at or after `end`, are left out.
    ///   - resolution: above 0.
    package static func merge(
        _ rows: some Sequence<RollUp>, from start: WallTime, to end: WallTime, resolution: Milliseconds
    ) -> [RollUp] {
        precondition(resolution > 0)
        var merged: [RollUp] = []
        for row in rows where row.start >= start && row.start < end && !row.isEmpty {
            let offset = row.start.millisecondsSince1970 - start.millisecondsSince1970
            let index = offset / Int64(resolution)
            let begin = WallTime(
                millisecondsSince1970: start.millisecondsSince1970 + index * Int64(resolution))
            if merged.last?.start != begin { merged.append(RollUp(start: begin, duration: resolution)) }
            merged[merged.count - 1].merge(row)
        }
        return merged
    }
}
