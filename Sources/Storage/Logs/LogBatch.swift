package import Model

/// Lines and events of one agent or of the gateway, and where the agent's stream stands with them: stored together or
/// not at all.
package struct LogBatch: Sendable {
    package var lines: [LogRecord]
    package var events: [SystemEvent]
    /// Nil for what nobody sends again, such as the gateway's own events.
    package var position: StreamPosition?

    package init(lines: [LogRecord] = [], events: [SystemEvent] = [], position: StreamPosition? = nil) {
        self.lines = lines
        self.events = events
        self.position = position
    }

    /// What it takes in the queue, about.
    var byteCount: Int {
        let lines = lines.reduce(0) {
            $0 + 128 + $1.message.utf8.count + $1.component.utf8.count + $1.source.utf8.count + $1.attributes.count
        }
        return events.reduce(lines + 128) { sum, event in
            event.attributes.reduce(sum + 192 + event.message.utf8.count + event.unit.utf8.count) {
                $0 + 32 + $1.key.utf8.count + $1.value.utf8.count
            }
        }
    }
}

/// The place of a line in the order of arrival, over all segments; rises, with holes, and is never given twice.
package struct LogNumber: Hashable, Comparable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter id: of the row, below 2^32.
    init(segment: UInt32, id: Int64) { rawValue = UInt64(segment) << 32 | UInt64(UInt32(truncatingIfNeeded: id)) }

    var segment: UInt32 { UInt32(rawValue >> 32) }
    var id: Int64 { Int64(rawValue & 0xFFFF_FFFF) }

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// Before every line.
    package static let zero = LogNumber(rawValue: 0)
}

/// What became of a batch.
package struct StoredBatch: Sendable, Equatable {
    /// Of its first line; the others follow one by one. Nil when it had none, or was stored before.
    package var firstLine: LogNumber?
    /// Its position was stored already: nothing was written.
    package var isDuplicate: Bool
}

/// A line and its place in the order of arrival.
package struct NumberedLog: Sendable, Equatable {
    package var number: LogNumber
    package var record: LogRecord
}

/// Totals since the start of the process, for the metrics page; all of them only rise.
package struct LogCounters: Sendable, Equatable {
    /// Lines that are in the files.
    package var lines: UInt64 = 0
    package var events: UInt64 = 0
    package var transactions: UInt64 = 0
    /// Transactions that failed for the disk's sake.
    package var failedTransactions: UInt64 = 0
    /// Batches that were stored before and came again.
    package var duplicates: UInt64 = 0
    /// Batches that were refused because the queue was full.
    package var refusedFull: UInt64 = 0
    /// Batches that their own content made impossible.
    package var refused: UInt64 = 0
    /// Times that the logs became degraded.
    package var degradations: UInt64 = 0
    /// Segments that were damaged, and set aside.
    package var segmentsSetAside: UInt64 = 0
    /// Segments that left the retention or the size cap.
    package var segmentsRemoved: UInt64 = 0
    package var searches: UInt64 = 0
    /// Searches that were given up.
    package var searchesTooSlow: UInt64 = 0
}
