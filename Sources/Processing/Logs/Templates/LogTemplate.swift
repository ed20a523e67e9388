package import Model

/// What is common to messages of one kind: `Failed password for <*> from <ip> port <num> ssh2`.
package struct LogTemplate: Sendable, Equatable {
    /// Follows from the text alone, so that it is the same on all hosts and after a restart.
    package struct ID: Hashable, Sendable, CustomStringConvertible {
        package let number: UInt64
        package init(_ number: UInt64) { self.number = number }

        /// 16 hexadecimal digits.
        package var description: String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    package var id: ID
    package var text: String
}

/// Where a message belongs.
package struct TemplateMatch: Sendable, Equatable {
    package var template: LogTemplate
    /// The message is the first of its kind.
    package var isNew: Bool
    /// The message has shown that one more word of the template varies: it has a new text and id, and this was the old
    /// one.
    package var replaces: LogTemplate.ID?
}

/// A template and how often it was seen.
package struct TemplatePattern: Sendable, Equatable {
    package var template: LogTemplate
    /// The most serious level that a message of it had.
    package var level: LogLevel
    /// Since the gateway knows it.
    package var total: Int
    /// Within the window that was asked for.
    package var recent: Int
    package var firstSeen: WallTime
    package var lastSeen: WallTime
    /// The first messages, at most three, each cut after 256 bytes.
    package var examples: [String]
}
