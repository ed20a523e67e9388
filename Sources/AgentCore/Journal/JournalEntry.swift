import JSON

/// One entry of the journal, of what `journalctl -o json` says of it. A value without I/O.
///
/// A field is a string; an array of numbers where it is no UTF-8 or holds control characters; null where it was left
/// out for its size; an array of these where the entry has it several times: then the first counts.
struct JournalEntry {
    /// The fields that are asked for; `journalctl` adds cursor and times.
    static let fields = [
        "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_COMM", "_SYSTEMD_UNIT", "_PID", "_UID", "_TRANSPORT",
        "MESSAGE_ID", "UNIT", "USER_UNIT", "UNIT_RESULT", "USER_ID", "LEADER",
    ]

    let cursor: String
    /// Since 1970.
    let milliseconds: Int64
    private let object: JSONObject

    /// Nil for a line that is no entry.
    init?(line: [UInt8]) {
        guard let object = (try? JSONParser.parse(line))?.object,
            case .after(let cursor)? = object["__CURSOR"]?.string.flatMap(JournalPosition.init(text:)),
            let microseconds = object["__REALTIME_TIMESTAMP"]?.string.flatMap(Int64.init)
        else { return nil }
        self.cursor = cursor
        milliseconds = microseconds / 1000
        self.object = object
    }

    /// The bytes of a field; nil where the entry has none, or it was left out.
    func bytes(_ name: String) -> [UInt8]? { object[name].flatMap(Self.bytes) }

    /// As text: what is no UTF-8 is repaired.
    func text(_ name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

    /// Who says it.
    var component: String? { text("SYSLOG_IDENTIFIER") ?? text("_COMM") ?? text("_SYSTEMD_UNIT") }

    /// By the priorities of syslog; entries without one are informational.
    var level: String {
        switch text("PRIORITY") {
        case "0", "1", "2": "FATAL"
        case "3": "ERROR"
        case "4": "WARN"
        case "7": "DEBUG"
        default: "INFO"
        }
    }

    private static func bytes(_ value: JSONValue) -> [UInt8]? {
        if let text = value.string { return Array(text.utf8) }
        guard let elements = value.array, let first = elements.first else { return nil }
        guard first.int != nil else { return bytes(first) }
        return elements.map { UInt8(truncatingIfNeeded: $0.int ?? 0x3f) }
    }
}
