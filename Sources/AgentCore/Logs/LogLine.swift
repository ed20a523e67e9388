import Glibc

/// Where the lines of a log file are. Which lines there are depends on nothing but the file's bytes and where the
/// search begins, so that a part of a file that is read again gives the same lines.
enum LogLine {
    /// Of a longer line each part of this length is a line of its own.
    static let maximum = 64 * 1024

    struct Cut: Equatable {
        /// Without its line break.
        var line: Range<Int>
        /// Where the next one begins.
        var end: Int
    }

    /// The line that begins at `start`; nil when its end is not there yet. With `atEnd` what is left is a line.
    static func next(in bytes: UnsafeRawBufferPointer, from start: Int, atEnd: Bool = false) -> Cut? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let searched = min(rest.count, maximum + 1)
        guard let base = rest.baseAddress, searched > 0 else { return nil }
        if let found = memchr(base, Int32(UInt8(ascii: "\n")), searched) {
            let length = UnsafeRawPointer(found) - base
            return Cut(line: start..<withoutReturn(bytes, start, start + length), end: start + length + 1)
        }
        if rest.count > maximum {
            let end = start + characterBoundary(in: UnsafeRawBufferPointer(rebasing: rest[..<maximum]))
            return Cut(line: start..<end, end: end)
        }
        return atEnd ? Cut(line: start..<withoutReturn(bytes, start, bytes.count), end: bytes.count) : nil
    }

    private static func withoutReturn(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    }
}
