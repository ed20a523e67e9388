package import Model

/// Sizes and times of the stored logs and system events.
package struct LogSettings: Sendable, Equatable {
    /// A segment is removed when its last line is older than this.
    package var retention: Milliseconds = 7 * 24 * 3_600_000
    /// Of all segments together; beyond it the oldest go. The newest always stays, so that a cap of less than a few MiB
    /// is not held exactly.
    package var maximumBytes = 10 << 30
    /// A new segment begins when the newest has so many lines, …
    package var segmentLines = 1_000_000
    /// … is as large, or an eighth of `maximumBytes` if that is less, …
    package var segmentBytes = 512 << 20
    /// … or as old.
    package var segmentAge: Milliseconds = 24 * 3_600_000
    /// Batches that wait for the writer, in bytes. At the bound they are refused with `queueFull`.
    package var queueBytes = 64 << 20
    /// How long a batch may wait for company. Large transactions make the index of words much cheaper.
    package var batchDelay: Milliseconds = 50
    /// Lines that do not wait for more, and as many as one transaction takes.
    package var batchMaximumLines = 10_000
    /// A search that takes longer is given up with `tooSlow`.
    package var searchTime: Milliseconds = 5_000
    /// How long a search counts what is not on its page; then its total is a lower bound.
    package var countingTime: Milliseconds = 500
    /// Matches in a segment whose times are looked up one by one; of more, the index of time is walked.
    package var lookedUpLines = 5_000
    /// Serious lines in a segment that are sorted; more are met on a walk through time.
    package var sortedLines = 20_000
    /// Searches that run at once, and that wait for one of these; beyond them `queueFull`.
    package var searchThreads = 2
    package var searchQueue = 64

    package init() {}

    var effectiveSegmentBytes: Int { max(1, min(segmentBytes, maximumBytes / 8)) }
}
