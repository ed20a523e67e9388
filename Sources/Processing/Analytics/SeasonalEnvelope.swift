/// What an hour of the day is used to: the lowest and highest values that a metric had in it on earlier days.
///
/// A series that is unusual against the last half hour may be what happens every night: a backup, a report. One band per
/// phase of the season, widened and narrowed from season to season, is the idea of J. Brutlag, "Aberrant behavior
/// detection in time series for network monitoring", LISA 2000; here it only excuses, and never accuses.
struct SeasonalEnvelope: Sendable {
    /// Days on which an hour must have been seen before it excuses anything.
    static let daysNeeded = 3
    /// Values that an hour must have given on a day to count: ten minutes of them.
    private static let valuesNeeded = 30
    /// By which part of the difference a band narrows per day. It widens at once.
    private static let narrowing: Float = 0.25

    private struct Band: Sendable {
        var low: Float = .infinity
        var high: Float = -.infinity
        var count: UInt16 = 0

        mutating func include(_ value: Float) {
            low = min(low, value)
            high = max(high, value)
            count = min(count, .max - 1) + 1
        }
    }

    private var hours = InlineArray<24, Band>(repeating: Band())
    private var today = Band()
    private var currentHour = -1

    /// Takes in a value seen in an hour of the day (0 … 23, UTC), unusual ones too: they may come back tomorrow.
    mutating func learn(_ value: Float, hour: Int) {
        if hour != currentHour {
            closeHour()
            currentHour = hour
        }
        today.include(value)
    }

    /// Whether this hour of the day has had such values, give or take `margin`.
    func isUsual(_ value: Float, hour: Int, margin: Float) -> Bool {
        let band = hours[hour]
        return Int(band.count) >= Self.daysNeeded && value >= band.low - margin && value <= band.high + margin
    }

    private mutating func closeHour() {
        defer { today = Band() }
        guard currentHour >= 0, today.count >= Self.valuesNeeded else { return }
        var band = hours[currentHour]
        if band.count == 0 {
            (band.low, band.high) = (today.low, today.high)
        } else {
            band.low = min(today.low, band.low + (today.low - band.low) * Self.narrowing)
            band.high = max(today.high, band.high + (today.high - band.high) * Self.narrowing)
        }
        band.count = min(band.count, .max - 1) + 1
        hours[currentHour] = band
    }
}
