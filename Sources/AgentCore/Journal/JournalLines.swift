import JSON

/// Entries of the journal as lines of a log file: one JSON object each, with what the entry says of itself. A value
/// without I/O.
enum JournalLines {
    /// Of a longer message each part of so many bytes is a line of its own, so that each stays, in JSON, below the length
    /// at which lines of files are split.
    static let maximumMessage = 10_000
    /// Names and such.
    private static let maximumField = 256

    /// With their line breaks, and the last entry's cursor.
    static func of(_ entry: JournalEntry) -> [UInt8] {
        guard let message = entry.bytes("MESSAGE"), !message.isEmpty else { return [] }
        var lines: [UInt8] = []
        var rest = message[...]
        repeat {
            let part = rest.prefix(rest.count > maximumMessage ? boundary(in: rest) : rest.count)
            rest = rest.dropFirst(part.count)
            lines += line(entry, String(decoding: part, as: UTF8.self), isLast: rest.isEmpty)
        } while !rest.isEmpty
        return lines
    }

    /// Stands for entries that were too long to be read.
    static func leftOut(bytes: Int, atMilliseconds time: Int64) -> [UInt8] {
        JSONWriter.render { json in
            json.object {
                $0.member("timestamp", millisecondsSince1970: time)
                $0.member("level", "WARN")
                $0.member("component", "sluice-agent")
                $0.member("message", "an entry of the journal was left out: it is \(bytes) bytes long as JSON")
            }
        } + [UInt8(ascii: "\n")]
    }

    private static func line(_ entry: JournalEntry, _ message: String, isLast: Bool) -> [UInt8] {
        JSONWriter.render { json in
            json.object {
                $0.member("timestamp", millisecondsSince1970: entry.milliseconds)
                $0.member("level", entry.level)
                if let component = entry.component { $0.member("component", String(component.prefix(maximumField))) }
                $0.member("message", message)
                if let unit = entry.text("_SYSTEMD_UNIT") { $0.member("unit", String(unit.prefix(maximumField))) }
                if let pid = entry.text("_PID").flatMap(Int32.init) { $0.member("pid", pid) }
                if !isLast { $0.member("truncated", true) }
            }
        } + [UInt8(ascii: "\n")]
    }

    /// The last beginning of a character within the bound.
    private static func boundary(in bytes: ArraySlice<UInt8>) -> Int {
        var count = maximumMessage
        while count > maximumMessage - 4, bytes[bytes.startIndex + count] & 0xC0 == 0x80 { count -= 1 }
        return bytes[bytes.startIndex + count] & 0xC0 == 0x80 ? maximumMessage : count
    }
}
