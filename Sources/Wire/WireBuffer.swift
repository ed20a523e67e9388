package import CWire

/// Bytes that grow at the end: JSON, SSE events, frames. Keeps its memory when it is emptied, so that one buffer that
/// is used again and again allocates nothing. Belongs to one thread at a time.
package final class WireBuffer {
    /// Owned here: freed in deinit. On the heap, so that an append costs no check of exclusive access.
    let storage: UnsafeMutablePointer<cw_buffer>

    package init() {
        storage = .allocate(capacity: 1)
        storage.initialize(to: cw_buffer())
    }

    deinit {
        cw_buffer_free(storage)
        storage.deallocate()
    }

    package var count: Int { storage.pointee.count }
    package var isEmpty: Bool { count == 0 }

    /// Empties it. Memory of more than 256 KiB is given back.
    package func removeAll() { cw_buffer_clear(storage) }

    /// The bytes, valid during `body`, which must not append.
    package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: storage.pointee.base, count: storage.pointee.count))
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] { withBytes { [UInt8]($0) } }

    // MARK: - Appending

    package func append(_ bytes: UnsafeRawBufferPointer) {
        cw_buffer_append(storage, bytes.baseAddress, bytes.count)
    }

    package func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    package func append(byte: UInt8) { cw_buffer_append_byte(storage, byte) }

    /// A literal: nothing is copied on the way.
    package func append(_ text: StaticString) {
        cw_buffer_append(storage, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// The UTF-8 of the text as it is, without escapes.
    package func append(string text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Text of a host, as valid UTF-8: each maximal part of an ill-formed sequence becomes U+FFFD.
    package func append(repairing bytes: UnsafeRawBufferPointer) {
        cw_buffer_append_repaired_utf8(storage, bytes.baseAddress, bytes.count)
    }

    package func append(_ other: WireBuffer) { other.withBytes { append($0) } }

    /// In decimal.
    package func appendInteger(_ value: Int) { cw_buffer_append_i64(storage, Int64(value)) }

    package func appendInteger(_ value: Int64) { cw_buffer_append_i64(storage, value) }

    package func appendInteger(_ value: UInt64) { cw_buffer_append_u64(storage, value) }

    package func appendInteger(_ value: UInt32) { cw_buffer_append_u64(storage, UInt64(value)) }

    package func appendInteger(_ value: Int32) { cw_buffer_append_i64(storage, Int64(value)) }

    // MARK: - Appending JSON

    /// A JSON string with its quotes.
    package func appendJSONString(_ text: String) {
        var text = text
        text.withUTF8 { cw_buffer_append_json_string(storage, $0.baseAddress, $0.count) }
    }

    /// A JSON string of bytes from anywhere: what is not UTF-8 becomes U+FFFD.
    package func appendJSONString(_ bytes: UnsafeRawBufferPointer) {
        cw_buffer_append_json_string(storage, bytes.baseAddress, bytes.count)
    }

    /// At most three decimals; `null` for what JSON has no number for.
    package func appendJSON(_ value: Double) { cw_buffer_append_json_double(storage, value) }

    /// The message as one line of JSON: see `cw_json_style`. `filter` must have been made for this type of message.
    package func appendJSON<M: WireMessage>(
        _ message: UnsafePointer<M>, filter: JSONFilter? = nil, style: cw_json_style = CW_JSON_PLAIN
    ) {
        cw_buffer_append_json(storage, base(message), style, filter?.handle)
    }

    package func appendJSON<M: WireMessage>(
        _ message: UnsafeMutablePointer<M>, filter: JSONFilter? = nil, style: cw_json_style = CW_JSON_PLAIN
    ) {
        appendJSON(UnsafePointer(message), filter: filter, style: style)
    }

    // MARK: - Appending messages

    /// The encoded message, without a length before it.
    package func appendEncoded<M: WireMessage>(_ message: UnsafePointer<M>) {
        cw_buffer_append_encoded(storage, base(message))
    }

    package func appendEncoded<M: WireMessage>(_ message: UnsafeMutablePointer<M>) {
        appendEncoded(UnsafePointer(message))
    }
}
