import Model

/// How many events the last `length` milliseconds saw, to a thirtieth of it, in constant memory.
struct EventWindow: Sendable {
    private static let bucketCount = 30
    /// Made by the first event: most windows never see one.
    private var buckets: [UInt32] = []
    private var newest: UInt64 = 0
    private(set) var count: UInt64 = 0
    private let bucketNanoseconds: UInt64

    /// - Parameter length: at least 1.
    init(length: Milliseconds) {
        bucketNanoseconds = max(1, UInt64(max(1, length)) * 1_000_000 / UInt64(Self.bucketCount))
    }

    mutating func add(_ now: MonotonicTime) {
        advance(to: now)
        if buckets.isEmpty { buckets = [UInt32](repeating: 0, count: Self.bucketCount) }
        let slot = Int(newest % UInt64(Self.bucketCount))
        guard buckets[slot] < UInt32.max else { return }
        buckets[slot] += 1
        count += 1
    }

    mutating func advance(to now: MonotonicTime) {
        let bucket = now.nanoseconds / bucketNanoseconds
        guard bucket > newest else { return }
        defer { newest = bucket }
        guard count > 0 else { return }
        for passed in 1...min(bucket - newest, UInt64(Self.bucketCount)) {
            let slot = Int((newest + passed) % UInt64(Self.bucketCount))
            count -= UInt64(buckets[slot])
            buckets[slot] = 0
        }
    }
}
