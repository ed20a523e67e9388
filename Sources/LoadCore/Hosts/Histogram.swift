import CLoad
import Glibc

/// Durations, counted (see CLoad.h). Used by one thread at a time.
final class Histogram {
    /// Owned; freed in deinit. Some 39 KB, so it lies on the heap.
    let raw: UnsafeMutablePointer<cl_histogram>

    init() {
        raw = .allocate(capacity: 1)
        memset(raw, 0, MemoryLayout<cl_histogram>.size)
    }

    deinit { raw.deallocate() }

    /// - Parameter duration: in nanoseconds.
    func record(_ duration: UInt64) { cl_histogram_record(raw, duration) }
}
