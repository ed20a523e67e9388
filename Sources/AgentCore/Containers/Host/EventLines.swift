/// The engine's events, of which it sends one object of JSON a line, out of the pieces in which they come. A value without
/// I/O.
struct EventLines {
    /// Of one event; the rest is cut off, and then it is none.
    private static let maximumLine = 64 << 10
    /// What is kept for the next line.
    private static let usualLine = 4_096

    private var line: [UInt8] = []

    /// Calls the body with each line that is complete.
    mutating func consume(_ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if line.count < Self.maximumLine { line.append(byte) }
                continue
            }
            body(line)
            line.removeAll(keepingCapacity: line.capacity <= Self.usualLine)
        }
    }
}
