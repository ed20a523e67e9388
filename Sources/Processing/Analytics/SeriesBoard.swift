/// Several series of one agent, reduced to a bounded number of points: the means of equal stretches of time.
///
/// All series share the times of their points; a series without a value in a stretch has none there. When there are as
/// many points as fit, the oldest leaves.
struct SeriesBoard: Sendable {
    /// Seconds.
    let pointWidth: Double
    let capacity: Int

    /// The mean times of the points, oldest first.
    private var times: [Double] = []
    /// One ring of `capacity` values after the other, parallel to `times`; not a number where there was none.
    private var values: [Float] = []
    private var current: [Mean] = []
    private var currentTime = Mean()
    private var startedAt: Double?

    private struct Mean: Sendable {
        var value: Double = 0
        var count: Double = 0

        mutating func include(_ new: Double) {
            count += 1
            value += (new - value) / count
        }
    }

    init(pointWidth: Double, capacity: Int, seriesCount: Int) {
        self.pointWidth = pointWidth
        self.capacity = capacity
        times.reserveCapacity(capacity)
        for _ in 0..<seriesCount { addSeries() }
    }

    var seriesCount: Int { current.count }

    /// What the arrays hold on the heap.
    var byteCount: Int {
        times.capacity * MemoryLayout<Double>.stride + values.capacity * MemoryLayout<Float>.stride
            + current.capacity * MemoryLayout<Mean>.stride
    }

    mutating func addSeries() {
        values.append(contentsOf: repeatElement(.nan, count: capacity))
        current.append(Mean())
    }

    /// Forgets a series, so that its place can be given to another.
    mutating func clear(_ series: Int) {
        current[series] = Mean()
        for index in series * capacity..<(series + 1) * capacity { values[index] = .nan }
    }

    /// Adds to the current stretch of a series; `close` afterwards, once for all series.
    mutating func add(_ value: Double, to series: Int) { current[series].include(value) }

    /// Says that what was added was of `time`.
    /// - Returns: whether the stretch has ended and its points are made.
    mutating func advance(to time: Double) -> Bool {
        currentTime.include(time)
        let start = startedAt ?? time
        startedAt = start
        guard time - start >= pointWidth else { return false }
        appendPoints()
        return true
    }

    /// The mean of a series in the stretch that has ended last.
    func latest(_ series: Int) -> Float? {
        guard !times.isEmpty else { return nil }
        let value = values[series * capacity + times.count - 1]
        return value.isNaN ? nil : value
    }

    /// The line through the points of a series that are not older than the board is long.
    func line(_ series: Int) -> RobustLine? {
        guard let last = times.last else { return nil }
        let oldest = last - pointWidth * Double(capacity) * 1.5
        var seen: [Double] = []
        var points: [Float] = []
        seen.reserveCapacity(times.count)
        points.reserveCapacity(times.count)
        for (index, time) in times.enumerated() where time >= oldest {
            let value = values[series * capacity + index]
            guard !value.isNaN else { continue }
            seen.append(time)
            points.append(value)
        }
        return RobustLine(times: seen, values: points)
    }

    private mutating func appendPoints() {
        if times.count == capacity {
            times.removeFirst()
            for series in 0..<seriesCount { shift(series) }
        }
        for series in current.indices {
            values[series * capacity + times.count] = current[series].count > 0 ? Float(current[series].value) : .nan
            current[series] = Mean()
        }
        times.append(currentTime.value)
        currentTime = Mean()
        startedAt = nil
    }

    /// Drops the oldest value. Once in `pointWidth`, so moving 47 floats costs nothing.
    private mutating func shift(_ series: Int) {
        let first = series * capacity
        for index in first..<first + capacity - 1 { values[index] = values[index + 1] }
    }
}
