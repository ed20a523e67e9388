/// Which of a fixed number of slots was used when: a doubly linked list within arrays, so that all is O(1).
struct RecencyList {
    private var newer: [Int32] = []
    private var older: [Int32] = []
    private var newest: Int32 = -1
    private var oldest: Int32 = -1

    /// The slot that was not used for longest; nil when there is none.
    var leastRecent: Int? { oldest < 0 ? nil : Int(oldest) }

    /// Slots are numbered from 0 in the order of their making.
    mutating func addSlot() -> Int {
        let slot = newer.count
        newer.append(-1)
        older.append(-1)
        link(Int32(slot))
        return slot
    }

    @inline(__always)
    mutating func touch(_ slot: Int) {
        let slot = Int32(slot)
        guard slot != newest else { return }
        unlink(slot)
        link(slot)
    }

    private mutating func link(_ slot: Int32) {
        older[Int(slot)] = newest
        newer[Int(slot)] = -1
        if newest >= 0 { newer[Int(newest)] = slot }
        newest = slot
        if oldest < 0 { oldest = slot }
    }

    private mutating func unlink(_ slot: Int32) {
        let (before, after) = (older[Int(slot)], newer[Int(slot)])
        if before >= 0 { newer[Int(before)] = after } else { oldest = after }
        if after >= 0 { older[Int(after)] = before } else { newest = before }
    }
}

/// A dictionary of a bounded size: at the bound the entry that was not used for longest makes room.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    let capacity: Int
    /// Entries that made room for others.
    private(set) var evictions = 0
    private var slots: [Key: Int] = [:]
    private var entries: [(key: Key, value: Value)] = []
    private var recency = RecencyList()

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    var count: Int { entries.count }

    /// What is known of a key, without making it more recent.
    subscript(key: Key) -> Value? { slots[key].map { entries[$0].value } }

    /// Lets `body` change what is known of `key`, from `initial` if that is nothing.
    mutating func update<Result>(
        _ key: Key, initial: @autoclosure () -> Value, _ body: (inout Value) -> Result
    ) -> Result {
        let slot = slots[key] ?? insert(key, initial())
        recency.touch(slot)
        return body(&entries[slot].value)
    }

    private mutating func insert(_ key: Key, _ value: Value) -> Int {
        let slot: Int
        if entries.count < capacity {
            slot = recency.addSlot()
            entries.append((key, value))
        } else {
            slot = recency.leastRecent ?? 0
            slots[entries[slot].key] = nil
            entries[slot] = (key, value)
            evictions += 1
        }
        slots[key] = slot
        return slot
    }
}

extension RecencyList: Sendable {}
