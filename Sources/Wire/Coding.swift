import CWire

/// Why a frame is not a message.
package enum WireError: Error, Equatable, CustomStringConvertible {
    case malformed
    /// Would take more memory than the arena's budget.
    case tooLarge
    /// A list of more than 16 384 items.
    case tooManyItems

    package var description: String {
        switch self {
        case .malformed: "not a message of this protocol"
        case .tooLarge: "a message that unpacks to too many bytes"
        case .tooManyItems: "a message with a list of more than \(CW_MAX_LIST_COUNT) items"
        }
    }

    init(_ status: cw_decode_status) {
        switch status {
        case CW_DECODE_TOO_LARGE: self = .tooLarge
        case CW_DECODE_TOO_MANY: self = .tooManyItems
        default: self = .malformed
        }
    }
}

// MARK: - Decoding

/// Decodes the payload of a frame that an agent sent. The message lies in the arena; the frame's bytes are not needed
/// any more. Strings and bytes in it may be any bytes at all.
package func decodeAgentMessage(
    _ bytes: UnsafeRawBufferPointer, arena: WireArena
) throws(WireError) -> UnsafePointer<WireAgentMessage> {
    var status = CW_DECODE_OK
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard let message = cw_decode_agent_message(arena.handle, start, bytes.count, &status) else {
        throw WireError(status)
    }
    return UnsafePointer(message)
}

/// A frame with a sample of metrics, of which is known only what has to be to pass it on.
package struct WireSample: Equatable, Sendable {
    /// 0: left out.
    package var streamRef: UInt32
    /// When it was taken, in nanoseconds since 1970 by the agent's clock; 0: left out.
    package var takenAt: UInt64
    /// CPU, memory, disks, network, processes and load.
    package var hasAllParts: Bool

    /// Nil for every other frame, and for a sample with anything unusual about it. The parts are not looked into, so
    /// decoding may yet find the frame malformed.
    package init?(_ frame: UnsafeRawBufferPointer) {
        var sample = cw_sample()
        let start = frame.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard cw_look_at_sample(start, frame.count, &sample) else { return nil }
        (streamRef, takenAt, hasAllParts) = (sample.stream_ref, sample.at_unix_ns, sample.has_all_parts)
    }
}

/// The same for a frame that a gateway sent.
package func decodeServerMessage(
    _ bytes: UnsafeRawBufferPointer, arena: WireArena
) throws(WireError) -> UnsafePointer<WireServerMessage> {
    var status = CW_DECODE_OK
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard let message = cw_decode_server_message(arena.handle, start, bytes.count, &status) else {
        throw WireError(status)
    }
    return UnsafePointer(message)
}

// MARK: - Encoding

/// The beginning of every generated structure is protobuf-c's own.
func base<M: WireMessage>(_ message: UnsafePointer<M>) -> UnsafePointer<ProtobufCMessage> {
    UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
}

extension UnsafePointer where Pointee: WireMessage {
    /// Bytes that the encoded message takes.
    package var encodedSize: Int { cw_encoded_size(base(self)) }

    /// The encoded message. Allocates; on the hot path use `encode(into:)` or `WireBuffer.appendEncoded`.
    package func encoded() -> [UInt8] {
        let size = encodedSize
        return [UInt8](unsafeUninitializedCapacity: size) { memory, count in
            count = cw_encode(base(self), memory.baseAddress, size)
        }
    }

    /// Encodes to the start of `memory`. Returns the size; where that is more than `memory.count`, nothing was written.
    package func encode(into memory: UnsafeMutableRawBufferPointer) -> Int {
        cw_encode(base(self), memory.baseAddress?.assumingMemoryBound(to: UInt8.self), memory.count)
    }
}

extension UnsafeMutablePointer where Pointee: WireMessage {
    package var encodedSize: Int { UnsafePointer(self).encodedSize }
    package func encoded() -> [UInt8] { UnsafePointer(self).encoded() }
    package func encode(into memory: UnsafeMutableRawBufferPointer) -> Int { UnsafePointer(self).encode(into: memory) }
}

extension WireArena {
    /// An envelope around `body`.
    package func agentMessage(_ body: WireAgentBody) -> UnsafeMutablePointer<WireAgentMessage> {
        make { $0.message = body }
    }

    package func serverMessage(_ body: WireServerBody) -> UnsafeMutablePointer<WireServerMessage> {
        make { $0.message = body }
    }
}
