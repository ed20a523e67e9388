package import JSON
package import Model

/// A line with what could be found out about it: the payload of `processed_logs`, without the original.
package struct EnrichedLog: Sendable, Equatable {
    package var parsed: ParsedLog
    /// Of the line; if it has none, what the agent said; else when it was processed. Never more than a day ahead.
    package var timestamp: WallTime
    /// What the line says, else what the agent says, else what its words say, else INFO.
    package var level: LogLevel
    /// Program, logger or service as the line tells, else as the agent says; repaired UTF-8.
    package var component: String
    package var template: TemplateMatch
    package var threats: [Threat]
    package var severity: LogSeverity
    package var category: LogCategory
    /// With this line a burst of errors on the host began or ended.
    package var burst: ErrorRate.Change?

    /// Whether somebody should act: there is a threat.
    package var isActionable: Bool { !threats.isEmpty }

    /// Whether it is relayed to those who did not ask for every line.
    package var matters: Bool { !threats.isEmpty || severity >= .medium }
}

// MARK: - As JSON

extension EnrichedLog {
    /// Writes the members `structured`, `threats`, `severity`, `category` and `actionable` into the object that is
    /// open.
    package func writeMembers(to writer: inout JSONWriter) {
        writer.object("structured") { structured in
            structured.member("format", parsed.format.rawValue)
            structured.object("fields") { writeFields(to: &$0) }
            structured.member("template_id", template.template.id.description)
            structured.member("template", template.template.text)
        }
        writer.array("threats") { array in
            for threat in threats { array.object { threat.write(to: &$0) } }
        }
        writer.member("severity", severity.rawValue)
        writer.member("category", category.rawValue)
        writer.member("actionable", isActionable)
    }

    /// No name twice, whatever the line had: the first is kept.
    func writeFields(to writer: inout JSONWriter) {
        for (index, field) in parsed.fields.enumerated() where !parsed.hasName(of: index) {
            let name = parsed.name(of: field)
            switch field.kind {
            case .text: writer.member(name, parsed.text(field.value))
            case .number, .literal: writer.member(name, raw: parsed.bytes[field.value])
            }
        }
    }
}

extension Threat {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("rule", rule)
        writer.member("title", title)
        writer.member("severity", severity.rawValue)
        writer.member("evidence", evidence)
        if let sourceIP { writer.member("source_ip", sourceIP) }
    }
}
