import Logging

/// A log line as a value, so that a state machine can ask for one.
struct LogNote: Equatable {
    var level: Logger.Level
    var text: String

    static func debug(_ text: String) -> LogNote { LogNote(level: .debug, text: text) }
    static func info(_ text: String) -> LogNote { LogNote(level: .info, text: text) }
    static func notice(_ text: String) -> LogNote { LogNote(level: .notice, text: text) }
    static func warning(_ text: String) -> LogNote { LogNote(level: .warning, text: text) }
    static func error(_ text: String) -> LogNote { LogNote(level: .error, text: text) }
}
