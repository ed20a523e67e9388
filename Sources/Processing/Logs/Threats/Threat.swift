/// How much something matters.
package enum LogSeverity: String, CaseIterable, Comparable, Sendable {
    case low, medium, high, critical

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
}

/// Something in a line, or in what led up to it, that somebody should look at.
package struct Threat: Sendable, Equatable {
    /// `id` of the rule.
    package var rule: String
    package var title: String
    package var severity: LogSeverity
    /// The part of the line that shows it, at most 256 bytes; behind it, in brackets, how often, where that matters.
    package var evidence: String
    package var sourceIP: String?
}
