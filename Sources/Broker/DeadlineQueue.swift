import Model

/// At most one deadline per key; the earliest first, equal ones in the order they were set.
///
/// A binary heap in which outdated entries stay until they surface or outnumber the valid ones, so setting, moving and
/// cancelling are O(log n) without a search.
struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var time: MonotonicTime
        var number: UInt64
        var key: Key

        func precedes(_ other: Entry) -> Bool {
            (time.nanoseconds, number) < (other.time.nanoseconds, other.number)
        }
    }

    private var heap: [Entry] = []
    /// The number of the entry that is valid for a key.
    private var valid: [Key: UInt64] = [:]
    private var nextNumber: UInt64 = 0

    var count: Int { valid.count }
    /// With the outdated entries.
    var storedCount: Int { heap.count }
    /// Room for so many, with the outdated entries.
    var capacity: Int { max(heap.capacity, valid.capacity) }

    /// The earliest deadline.
    var next: MonotonicTime? { heap.first?.time }

    mutating func set(_ key: Key, at time: MonotonicTime) {
        nextNumber += 1
        valid[key] = nextNumber
        heap.append(Entry(time: time, number: nextNumber, key: key))
        siftUp(from: heap.count - 1)
        discardOutdated()
    }

    mutating func cancel(_ key: Key) {
        guard valid.removeValue(forKey: key) != nil else { return }
        discardOutdated()
    }

    /// Removes the earliest key whose deadline is not after `now`.
    mutating func popDue(_ now: MonotonicTime) -> Key? {
        guard let first = heap.first, first.time <= now else { return nil }
        valid[first.key] = nil
        removeFirst()
        discardOutdated()
        return first.key
    }

    private mutating func discardOutdated() {
        while let first = heap.first, valid[first.key] != first.number { removeFirst() }
        if heap.count > 2 * valid.count + 64 {
            heap.removeAll { valid[$0.key] != $0.number }
            for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
        }
        giveBack()
    }

    /// Thousands of deadlines come and go together: the memory goes with them.
    private mutating func giveBack() {
        guard heap.capacity > 4 * heap.count + 256 else { return }
        heap = heap.map(\.self)
        valid = Dictionary(uniqueKeysWithValues: valid.lazy.map { ($0.key, $0.value) })
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(from: 0)
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var first = parent
            for child in (2 * parent + 1)...(2 * parent + 2) where child < heap.count {
                guard heap[child].precedes(heap[first]) else { continue }
                first = child
            }
            guard first != parent else { return }
            heap.swapAt(parent, first)
            parent = first
        }
    }
}
