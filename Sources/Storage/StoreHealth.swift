/// Whether writes reach the disk.
package enum StoreHealth: Sendable, Equatable {
    case healthy
    /// Writes fail for the disk's or the file's sake; the store tries again by itself.
    case degraded(StoreError)
}

/// Totals since the start of the process, for the metrics page; all of them only rise.
package struct StoreCounters: Sendable, Equatable {
    /// Changes that are in the file.
    package var written: UInt64 = 0
    package var transactions: UInt64 = 0
    /// Batches that failed for the disk's sake.
    package var failedBatches: UInt64 = 0
    /// Changes that their own content made impossible.
    package var refused: UInt64 = 0
    /// Changes dropped because the queue was full.
    package var droppedFull: UInt64 = 0
    /// Expendable changes dropped while degraded.
    package var droppedDegraded: UInt64 = 0
    /// Times that the store became degraded.
    package var degradations: UInt64 = 0
}
