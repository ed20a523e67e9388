import JSON
import Model
import Payloads

extension Silence {
    /// The answer to whoever made it.
    func writeCreated(to writer: inout JSONWriter) {
        writer.object {
            $0.member("silence_id", id)
            $0.member("until", until)
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("silence_id", id)
            $0.object("matchers", of: matchers)
            $0.member("until", until)
            $0.member("comment", comment)
            $0.member("created_by", createdBy)
        }
    }
}

extension AlertRule {
    /// As it can be sent back.
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", name)
            $0.member("source", source.rawValue)
            condition.writeMembers(to: &$0)
            $0.member("for", DurationText.text(hold))
            $0.member("cooldown", DurationText.text(cooldown))
            $0.member("level", level.rawValue)
            $0.object("labels", of: labels)
            writeAgents(to: &$0)
            $0.member("enabled", isEnabled)
        }
    }

    private func writeAgents(to writer: inout JSONWriter) {
        guard let agents else { return writer.member("agents", "*") }
        writer.array("agents", of: agents.sorted().map(\.text))
    }
}

extension AlertCondition {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        switch self {
        case .metric(let condition):
            writer.member("metric", condition.metric)
            writer.member("op", condition.comparison.rawValue)
            writer.member("threshold", exactly: condition.threshold)
            writer.member("clear_threshold", exactly: condition.clearThreshold)
        case .events(let condition):
            writer.object("match", of: condition.match)
            writer.member("op", condition.comparison.rawValue)
            writer.member("threshold", exactly: condition.threshold)
            if let match = condition.clearMatch { writer.object("clear_match", of: match) }
        }
    }
}

extension JSONWriter {
    /// Not rounded, and whole numbers without a fraction.
    fileprivate mutating func member(_ name: String, exactly number: Double?) {
        self.name(name)
        guard let number else { return null() }
        if let whole = Int64(exactly: number) { value(whole) } else { value(number) }
    }
}
