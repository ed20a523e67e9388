/// What a metric did in a stretch of time, for every metric: the row of a history.
package struct RollUp: Sendable, Equatable {
    /// The beginning of the stretch.
    package var start: WallTime
    /// Its length; 0 for a single sample.
    package var duration: Milliseconds
    package private(set) var average = MetricValues()
    package private(set) var minimum = MetricValues()
    package private(set) var maximum = MetricValues()
    package private(set) var last = MetricValues()
    private var counts = InlineArray<23, UInt32>(repeating: 0)

    package init(start: WallTime, duration: Milliseconds) {
        self.start = start
        self.duration = duration
    }

    /// A single sample.
    package init(_ values: MetricValues, at time: WallTime) {
        self.init(start: time, duration: 0)
        add(values)
    }

    package var isEmpty: Bool { average.isEmpty }

    /// How many values of a metric there were.
    package func count(_ metric: MetricKey) -> UInt32 { counts[metric.rawValue] }

    /// Adds a metric's part of a stored row. Nothing happens unless there were values and all numbers are such as a host
    /// can have.
    package mutating func include(
        _ metric: MetricKey, count: UInt32, average: Double, minimum: Double, maximum: Double, last: Double
    ) {
        let range = metric.traits.range
        guard count > 0, range.contains(average), range.contains(minimum), range.contains(maximum),
            range.contains(last)
        else { return }
        let known = counts[metric.rawValue]
        let (sum, overflow) = known.addingReportingOverflow(count)
        counts[metric.rawValue] = overflow ? .max : sum
        let mean = self.average[metric] ?? average
        self.average.setValid(metric, mean + (average - mean) * (Double(count) / (Double(known) + Double(count))))
        self.minimum.setValid(metric, min(self.minimum[metric] ?? minimum, minimum))
        self.maximum.setValid(metric, max(self.maximum[metric] ?? maximum, maximum))
        self.last.setValid(metric, last)
    }

    package mutating func add(_ values: MetricValues) {
        for metric in MetricKey.all {
            guard let value = values[metric] else { continue }
            include(metric, count: 1, average: value, minimum: value, maximum: value, last: value)
        }
    }

    /// Adds what is later: the `last` values become its. Averages are weighted by the number of values.
    package mutating func merge(_ later: RollUp) {
        for metric in MetricKey.all {
            guard let average = later.average[metric], let minimum = later.minimum[metric],
                let maximum = later.maximum[metric], let last = later.last[metric]
            else { continue }
            include(
                metric, count: later.count(metric), average: average, minimum: minimum, maximum: maximum, last: last)
        }
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.start == b.start && a.duration == b.duration && a.average == b.average && a.minimum == b.minimum
            && a.maximum == b.maximum && a.last == b.last
            && MetricKey.all.allSatisfy { a.count($0) == b.count($0) }
    }
}

/// Turns the samples of one agent into rows of a fixed length, aligned to it: each full minute, each full hour.
package struct RollUpAccumulator: Sendable {
    private let length: Milliseconds
    private var current: RollUp?

    /// - Parameter length: above 0; a minute, an hour.
    package init(length: Milliseconds) {
        precondition(length > 0)
        self.length = length
    }

    /// - Returns: the row that is complete, when the sample is the first of another stretch. If the clock was set back, a
    ///   stretch comes a second time: rows are to be merged with what is stored of the same start.
    package mutating func add(_ values: MetricValues, at time: WallTime) -> RollUp? {
        let start = WallTime.start(ofStretch: length, containing: time)
        let completed = current?.start == start ? nil : flush()
        var row = current ?? RollUp(start: start, duration: length)
        row.add(values)
        current = row
        return completed
    }

    /// - Returns: what there is of the current row, if anything; starts anew.
    package mutating func flush() -> RollUp? {
        defer { current = nil }
        return current.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension WallTime {
    /// The multiple of `length` at or before a time.
    package static func start(ofStretch length: Milliseconds, containing time: WallTime) -> WallTime {
        let length = Int64(length)
        let rest = time.millisecondsSince1970 % length
        return WallTime(millisecondsSince1970: time.millisecondsSince1970 - (rest < 0 ? rest + length : rest))
    }
}
