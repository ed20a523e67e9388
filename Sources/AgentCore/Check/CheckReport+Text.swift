import Wire

extension CheckReport {
    /// A line for each item, in columns.
    var text: String {
        let items = streams + others
        let width = items.map(\.name.count).max() ?? 0
        return items.map { Self.line($0, width: width) }.joined(separator: "\n")
    }

    private static func line(_ item: CheckItem, width: Int) -> String {
        let name = item.name + String(repeating: " ", count: width - item.name.count)
        let verdict = item.verdict.rawValue + String(repeating: " ", count: 6 - item.verdict.rawValue.count)
        let explanation = [item.reason, item.remedy].filter { !$0.isEmpty }.joined(separator: "; ")
        return explanation.isEmpty ? "\(name)  \(item.verdict.rawValue)" : "\(name)  \(verdict)  \(explanation)"
    }

    /// One object: `ok`, `agent_id`, `gateway`, `streams[]` and `other[]`.
    var json: String {
        let buffer = WireBuffer()
        buffer.append("{\"ok\":")
        buffer.append(isGood ? "true" : "false")
        buffer.append(",\"agent_id\":")
        buffer.appendJSONString(agentID)
        buffer.append(",\"gateway\":")
        buffer.appendJSONString(gateway)
        Self.append(streams, named: "streams", key: "stream_type", to: buffer)
        Self.append(others, named: "other", key: "name", to: buffer)
        buffer.append("}")
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func append(_ items: [CheckItem], named list: String, key: String, to buffer: WireBuffer) {
        buffer.append(",")
        buffer.appendJSONString(list)
        buffer.append(":[")
        for (index, item) in items.enumerated() {
            buffer.append(index == 0 ? "{" : ",{")
            buffer.appendJSONString(key)
            buffer.append(":")
            buffer.appendJSONString(item.name)
            for (name, value) in [
                ("verdict", item.verdict.rawValue), ("reason", item.reason), ("remedy", item.remedy),
            ] {
                buffer.append(",")
                buffer.appendJSONString(name)
                buffer.append(":")
                buffer.appendJSONString(value)
            }
            buffer.append(",\"wanted\":")
            buffer.append(item.isWanted ? "true" : "false")
            buffer.append("}")
        }
        buffer.append("]")
    }
}
