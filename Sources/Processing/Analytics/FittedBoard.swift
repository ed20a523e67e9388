/// A board of series with the line through each, renewed when there are new points.
///
/// A line costs some microseconds. So they are not all drawn in the sample that completes the points, but a few with each
/// sample until the next points are due; a line is at most one point old.
struct FittedBoard: Sendable {
    private(set) var board: SeriesBoard
    private var lines: [RobustLine?]
    /// The first series whose line is older than its points.
    private var next: Int

    init(pointWidth: Double, capacity: Int, seriesCount: Int = 0) {
        board = SeriesBoard(pointWidth: pointWidth, capacity: capacity, seriesCount: seriesCount)
        lines = Array(repeating: nil, count: seriesCount)
        next = seriesCount
    }

    /// What the arrays hold on the heap.
    var byteCount: Int { board.byteCount + lines.capacity * MemoryLayout<RobustLine?>.stride }

    /// Nil while there are too few points.
    func line(_ series: Int) -> RobustLine? { lines[series] }

    mutating func addSeries() {
        board.addSeries()
        lines.append(nil)
    }

    mutating func clear(_ series: Int) {
        board.clear(series)
        lines[series] = nil
    }

    mutating func add(_ value: Double, to series: Int) { board.add(value, to: series) }

    /// Says that what was added was of `time`, and draws the lines that are due.
    /// - Parameter elapsed: seconds since the last call.
    /// - Returns: whether new points were made.
    mutating func advance(to time: Double, elapsed: Double) -> Bool {
        let hasNewPoints = board.advance(to: time)
        if hasNewPoints { next = 0 }
        let share = Double(lines.count) * min(1, elapsed / board.pointWidth)
        let end = min(lines.count, next + 1 + Int(share))
        while next < end {
            lines[next] = board.line(next)
            next += 1
        }
        return hasNewPoints
    }
}
