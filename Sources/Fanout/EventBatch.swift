/// Rendered events for the topics of a client loop, in the order of their appending. One batch is one message to the
/// loop and one call into C, however many events it carries. Emptied, it keeps its memory for the next ones.
///
/// @unchecked Sendable because it is handed over whole: whoever has it is the only one to touch it.
package final class EventBatch: @unchecked Sendable {
    /// Records as sr_fanout_publish reads them: topic, seq, key, length, event. Owned here: freed in deinit.
    private var records: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes in it, the records' heads included.
    package private(set) var byteCount = 0
    /// Events in it.
    package private(set) var count = 0

    private static let headBytes = 28
    private static let firstCapacity = 4 << 10
    /// Memory beyond it is given back when the batch is emptied.
    private static let keptCapacity = 512 << 10

    package init() {
        capacity = Self.firstCapacity
        records = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { records.deallocate() }

    package var isEmpty: Bool { count == 0 }

    /// Adds one event: a whole SSE frame, not empty and shorter than 4 GiB.
    /// - Parameter key: a newer event of the same key replaces it for a slow client that conflates; 0: it has none.
    package func append(topic: UInt64, seq: UInt64, key: UInt64 = 0, event: UnsafeRawBufferPointer) {
        precondition(!event.isEmpty && event.count <= Int(UInt32.max))
        let needed = byteCount + Self.headBytes + event.count
        if needed > capacity { grow(to: max(needed, 2 * capacity)) }
        let record = records + byteCount
        record.storeBytes(of: topic, as: UInt64.self)
        record.storeBytes(of: seq, toByteOffset: 8, as: UInt64.self)
        record.storeBytes(of: key, toByteOffset: 16, as: UInt64.self)
        record.storeBytes(of: UInt32(event.count), toByteOffset: 24, as: UInt32.self)
        (record + Self.headBytes).copyMemory(from: event.baseAddress!, byteCount: event.count)
        byteCount = needed
        count += 1
    }

    package func append(topic: UInt64, seq: UInt64, key: UInt64 = 0, event: [UInt8]) {
        event.withUnsafeBytes { append(topic: topic, seq: seq, key: key, event: $0) }
    }

    package func removeAll() {
        byteCount = 0
        count = 0
        if capacity > Self.keptCapacity { grow(to: Self.firstCapacity) }
    }

    /// The records, valid during `body`.
    func withRecords(_ body: (UnsafePointer<UInt8>, Int) -> Void) {
        body(UnsafePointer(records.assumingMemoryBound(to: UInt8.self)), byteCount)
    }

    /// Moves what there is to memory of this size.
    private func grow(to size: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        larger.copyMemory(from: records, byteCount: byteCount)
        records.deallocate()
        records = larger
        capacity = size
    }
}
