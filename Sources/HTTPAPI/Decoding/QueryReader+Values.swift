import JSON
import Model

// What several of the reading routes take in their queries.

extension QueryReader {
    func text(_ name: String, maximumBytes: Int) throws(APIError) -> String? {
        guard let text = text(name) else { return nil }
        guard text.utf8.count <= maximumBytes else {
            throw .invalid(name, "\(name) must not be longer than \(maximumBytes) bytes")
        }
        return text
    }

    func time(_ name: String) throws(APIError) -> WallTime? {
        guard let text = text(name) else { return nil }
        guard let time = TimeText.parse(text) else {
            throw mismatch(name, "a time, in seconds since 1970 or like 2025-01-29T08:15:30Z", text)
        }
        return time
    }

    /// A time, or a duration back from now.
    func time(_ name: String, backFrom now: WallTime) throws(APIError) -> WallTime? {
        guard let text = text(name) else { return nil }
        if let time = TimeText.parse(text) { return time }
        guard let duration = DurationText.parse(text) else {
            throw mismatch(
                name, "how long ago, like 15m or 1h, or a time in seconds since 1970 or like 2025-01-29T08:15:30Z", text
            )
        }
        return now + -duration
    }

    /// `since` and `until`, in this order.
    func period(endingAt now: WallTime) throws(APIError) -> (since: WallTime?, until: WallTime?) {
        let since = try time("since", backFrom: now)
        let until = try time("until", backFrom: now)
        if let since, let until, until <= since { throw .invalid("until", "until must be after since") }
        return (since, until)
    }

    /// With a unit, or in seconds.
    func duration(_ name: String, in range: ClosedRange<Milliseconds>) throws(APIError) -> Milliseconds? {
        guard let text = text(name) else { return nil }
        let hasUnit = text.last?.isNumber == false
        guard let duration = DurationText.parse(hasUnit ? text : text + "s"), range.contains(duration) else {
            let (from, to) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
            throw mismatch(name, "a duration from \(from) to \(to)", text)
        }
        return duration
    }

    /// Names between commas.
    func list(_ name: String, maximumCount: Int) throws(APIError) -> [Substring]? {
        guard let text = text(name) else { return nil }
        let elements = text.split(separator: ",", omittingEmptySubsequences: false)
        guard elements.count <= maximumCount else {
            throw .invalid(name, "\(name) must not have more than \(maximumCount) elements")
        }
        return elements
    }

    func logLevel(_ name: String) throws(APIError) -> LogLevel? {
        guard let text = text(name) else { return nil }
        return try logLevel(name, text)
    }

    /// Empty where the parameter is left out.
    func logLevels(_ name: String) throws(APIError) -> Set<LogLevel> {
        var levels: Set<LogLevel> = []
        for text in try list(name, maximumCount: 64) ?? [] { levels.insert(try logLevel(name, text)) }
        return levels
    }

    /// Letter case does not matter.
    private func logLevel(_ name: String, _ text: some StringProtocol) throws(APIError) -> LogLevel {
        guard let level = LogLevel(name: text.uppercased()) else {
            throw mismatch(name, "one of " + LogLevel.allCases.map(\.name).joined(separator: ", "), text)
        }
        return level
    }
}
