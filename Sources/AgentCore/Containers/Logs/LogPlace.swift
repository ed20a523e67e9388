/// Where a reader of a container's log stands, so that he can go on after the last line that he has. Several lines may
/// have the same time: how many of them he has is counted. A value without I/O.
struct LogPlace: Equatable {
    /// Of the last line with a time, in nanoseconds since 1970; 0 before the first.
    private(set) var timestamp: UInt64 = 0
    /// Lines with this time that have been taken.
    private(set) var count = 0
    /// Of these, the last ones that had no break, and ended with the log.
    private(set) var open = OpenLines()
    /// Lines with this time that come again when the log is read anew.
    private var repeated = 0

    /// The beginning; or behind so many lines of a time.
    init(timestamp: UInt64 = 0, count: Int = 0, open: OpenLines = OpenLines()) {
        self.timestamp = timestamp
        self.count = count
        self.open = open
    }

    /// The log has ended, its last lines with a break or without: a container that is started again prints on behind them.
    mutating func logEnded(_ open: OpenLines) { self.open = open }

    /// The log is read anew, from this time on.
    mutating func readAgain() { repeated = count }

    /// - Returns: whether the next line that comes is new.
    mutating func take(_ timestamp: UInt64?) -> Bool {
        guard let timestamp else { return true }
        if timestamp == self.timestamp, repeated > 0 {
            repeated -= 1
            return false
        }
        guard timestamp != self.timestamp else {
            count += 1
            return true
        }
        // Lines of the two streams may swap places, so an earlier time is no repetition, unless the log is read anew.
        if timestamp < self.timestamp { return repeated == 0 }
        (self.timestamp, count, repeated, open) = (timestamp, 1, 0, OpenLines())
        return true
    }
}

/// The last lines of a log, where they have no break: how many bytes are in that of each stream; 0: none, or it has one.
struct OpenLines: Equatable {
    var stdout = 0
    var stderr = 0
}

extension LogPlace {
    /// The place before these lines, which are the last that were taken.
    func before(_ timestamps: [UInt64?]) -> LogPlace {
        guard let first = timestamps.first(where: { $0 != nil }) ?? nil else { return self }
        // Of lines with the same time as the first of them it is not known how many there were: they come again.
        var place = LogPlace()
        let same = timestamps.count { $0 == first }
        if first == timestamp {
            place.timestamp = timestamp
            place.count = max(0, count - same)
            place.open = open
        } else {
            place.timestamp = first
        }
        return place
    }
}
