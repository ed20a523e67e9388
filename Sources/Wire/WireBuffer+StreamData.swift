import CWire

extension WireBuffer {
    /// An AgentMessage with a StreamData whose fields are those of `head` and those of `rest`, an encoded StreamData
    /// too. With the payload in `rest`, what has been encoded once can be sent again under another head.
    ///
    /// (The fields of an encoded message may come in several pieces: put together they are the message.)
    package func appendStreamData(_ head: UnsafeMutablePointer<WireStreamData>, rest: UnsafeRawBufferPointer) {
        append(byte: streamDataTag)
        appendVarint(UInt64(head.encodedSize + rest.count))
        appendEncoded(head)
        append(rest)
    }

    private func appendVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(byte: UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(byte: UInt8(value))
    }
}

/// Of the field `stream_data` in AgentMessage: number 4, with a length before it.
private let streamDataTag: UInt8 = 4 << 3 | 2
