/// How serious a program says that a line is. The order is that of severity; `name` is what the API shows.
package enum LogLevel: UInt8, CaseIterable, Comparable, Sendable {
    case trace, debug, info, warn, error, fatal

    package var name: String {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warn: "WARN"
        case .error: "ERROR"
        case .fatal: "FATAL"
        }
    }

    /// By the name that the API shows.
    package init?(name: some StringProtocol) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
