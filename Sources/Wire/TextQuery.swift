import CWire

/// What lines have to have in them. ASCII letters match whether they are small or capital.
package struct TextQuery: Sendable {
    /// With small letters.
    private let bytes: [UInt8]

    /// Nil for nothing: every line has that in it.
    package init?(_ text: String?) {
        guard let text, !text.isEmpty else { return nil }
        bytes = text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    package func matches(_ line: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBufferPointer { query in
            cw_contains(
                line.baseAddress?.assumingMemoryBound(to: UInt8.self), line.count, query.baseAddress, query.count)
        }
    }
}
