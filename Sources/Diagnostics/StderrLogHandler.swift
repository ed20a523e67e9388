import Glibc
package import Logging
import Synchronization

package enum LogFormat: String, Sendable, CaseIterable {
    /// `2026-01-31T12:00:00.000Z notice  connected gateway=127.0.0.1:9090`
    case text
    /// One JSON object per line: `time`, `level`, `message`, and the metadata under their own names.
    case json

    /// Text for a person at a terminal, JSON for everything else.
    package static var standard: LogFormat { isatty(STDERR_FILENO) == 1 ? .text : .json }
}

/// The least severe level that is logged; it can be changed while the program runs. Any thread.
package final class LogThreshold: Sendable {
    private let index: Atomic<Int>

    package init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

    package var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// Writes each log line to stderr with one write, so that lines of several threads never mix.
package struct StderrLogHandler: LogHandler {
    /// Shared by all loggers of the threshold: setting it here sets it for them.
    package var logLevel: Logger.Level {
        get { threshold.level }
        set { threshold.level = newValue }
    }
    package var metadata: Logger.Metadata = [:]
    private let threshold: LogThreshold
    private let format: LogFormat

    package init(threshold: LogThreshold, format: LogFormat) {
        self.threshold = threshold
        self.format = format
    }

    package init(level: Logger.Level, format: LogFormat) {
        self.init(threshold: LogThreshold(level), format: format)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { _, own in own }.sorted { $0.key < $1.key }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let line = render(time: timestamp(now), level: event.level, message: "\(event.message)", fields: fields)
        let bytes = Array(line.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    func render(
        time: String, level: Logger.Level, message: String, fields: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        switch format {
        case .text:
            let name = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
            let tail = fields.map { " \($0.key)=\(oneLine("\($0.value)"))" }.joined()
            return "\(time) \(name) \(oneLine(message))\(tail)\n"
        case .json:
            let tail = fields.map { ",\(jsonString($0.key)):\(jsonString("\($0.value)"))" }.joined()
            return "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":\(jsonString(message))\(tail)}\n"
        }
    }
}

/// RFC 3339, UTC, milliseconds.
private func timestamp(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1, 2), padded(Int(parts.tm_mday), 2)]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
    let milliseconds = padded(Int(time.tv_nsec) / 1_000_000, 3)
    return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + ".\(milliseconds)Z"
}

/// What a gateway or a host wrote cannot forge a second log line.
private func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else { return text }
    var safe = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        safe.append(scalar.value < 0x20 || scalar.value == 0x7f ? " " : scalar)
    }
    return String(safe)
}

/// The text as a JSON string, quotes included.
package func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
