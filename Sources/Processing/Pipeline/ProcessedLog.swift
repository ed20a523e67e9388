import JSON
package import Model
import Payloads

/// A line, what could be found out about it, and how it is kept.
package struct ProcessedLog: Sendable {
    package var log: EnrichedLog
    /// The message without its header; what the header and the fields said is in the level, the component and the
    /// attributes.
    package var record: LogRecord
    /// As it was written.
    private var line: [UInt8]
    /// What the agent knows beside the line.
    private var attributes: [LogAttribute]
    /// The line as it was written is not known any more: what is stored of it stands in its place.
    private var isFromStore = false

    init(_ log: EnrichedLog, _ entry: LogEntry, source: [UInt8], agent: AgentID) {
        self.log = log
        line = entry.message
        attributes = entry.attributes
        let message = log.parsed.message
        record = LogRecord(
            time: log.timestamp, agent: agent, level: log.level, component: log.component,
            message: message.isEmpty ? Self.text(entry.message) : message, source: Self.text(source),
            attributes: log.attributes(entry.attributes))
    }

    init(_ log: EnrichedLog, stored record: LogRecord) {
        self.log = log
        self.record = record
        line = Array(record.message.utf8)
        attributes = []
        isFromStore = true
    }

    fileprivate static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension EnrichedLog {
    /// So many of the agent's attributes are kept of a line, the first ones.
    static let maximumAttributes = 32

    /// What the line said and what the agent knows; empty where there is nothing.
    fileprivate func attributes(_ more: [LogAttribute]) -> [UInt8] {
        guard !parsed.fields.isEmpty || !more.isEmpty else { return [] }
        return JSONWriter.render { writer in
            writer.object {
                writeFields(to: &$0)
                write(more, unless: { parsed.field($0) != nil }, to: &$0)
            }
        }
    }
}

/// Of two with the same name the later counts.
private func write(_ attributes: [LogAttribute], unless isTaken: (String) -> Bool, to writer: inout JSONWriter) {
    let attributes = attributes.prefix(EnrichedLog.maximumAttributes)
    for (index, attribute) in attributes.enumerated() {
        let name = ProcessedLog.text(attribute.name)
        let isRepeated = attributes[(index + 1)...].contains { ProcessedLog.text($0.name) == name }
        if !isRepeated, !isTaken(name) { writer.member(name, ProcessedLog.text(attribute.value)) }
    }
}

// MARK: - As an event

extension ProcessedLog: ProcessedPayload {
    package func render(for config: StreamConfig, _ facts: RenderingFacts) -> RenderedEvent? {
        guard config.all || log.matters else { return nil }
        guard config.levels.isEmpty || config.levels.contains(record.level.name) else { return nil }
        if let query = config.query, !line.containsIgnoringCase(query) { return nil }
        return RenderedEvent(facts) { writer in
            writer.object {
                $0.name("original")
                original.write(to: &$0)
                log.writeMembers(to: &$0)
            }
        }
    }

    private var original: LogRecord {
        if isFromStore { return record }
        var original = record
        original.message = Self.text(line)
        original.attributes =
            attributes.isEmpty
            ? [] : JSONWriter.render { $0.object { write(attributes, unless: { _ in false }, to: &$0) } }
        return original
    }
}

extension [UInt8] {
    /// ASCII letters match in either case.
    fileprivate func containsIgnoringCase(_ query: String) -> Bool {
        let wanted = query.utf8.map(\.lowercased)
        guard let first = wanted.first else { return true }
        guard count >= wanted.count else { return false }
        return withUnsafeBufferPointer { bytes in
            (0...bytes.count - wanted.count).contains { start in
                bytes[start].lowercased == first
                    && wanted.indices.allSatisfy { bytes[start + $0].lowercased == wanted[$0] }
            }
        }
    }
}
