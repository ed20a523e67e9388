/// Rendered events for the topics of a client loop, in the order of their appending. One batch is one message to the
/// loop and one call into C, however many events it carries.
package struct EventBatch: Sendable {
    /// Records as sr_fanout_publish reads them: topic, seq, length, event.
    private(set) var records: [UInt8] = []
    /// Events in it.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }
    /// Bytes in it, the records' heads included.
    package var byteCount: Int { records.count }

    /// Adds one event: a whole SSE frame, not empty and shorter than 4 GiB.
    package mutating func append(topic: UInt64, seq: UInt64, event: UnsafeRawBufferPointer) {
        precondition(!event.isEmpty && event.count <= Int(UInt32.max))
        records.reserveCapacity(records.count + 20 + event.count)
        append(topic)
        append(seq)
        append(UInt32(event.count))
        records.append(contentsOf: event)
        count += 1
    }

    package mutating func append(topic: UInt64, seq: UInt64, event: [UInt8]) {
        event.withUnsafeBytes { append(topic: topic, seq: seq, event: $0) }
    }

    /// Empties it, keeping its memory if nobody else holds a copy.
    package mutating func removeAll() {
        records.removeAll(keepingCapacity: true)
        count = 0
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number) { records.append(contentsOf: $0) }
    }
}
