import JSON

/// Which parts of MetricsData are shown: `cpu`, `memory.usage_percent`... `timestamp` always is, and so is everything where
/// nothing is named. The same as `Wire.JSONFilter`, of JSON that is there already.
struct MetricsSelection {
    /// By part: the leaves that are shown; nil: all of them.
    private var parts: [String: Set<String>?] = [:]

    init(_ filters: [String]) {
        for filter in filters {
            let names = filter.split(separator: ".", maxSplits: 1).map(String.init)
            guard let first = names.first else { continue }
            let part = first == "network" ? "network_interfaces" : first
            if names.count == 1 {
                parts.updateValue(nil, forKey: part)
            } else if case .some(.some(let leaves)) = parts[part] {
                parts.updateValue(leaves.union([names[1]]), forKey: part)
            } else if parts[part] == nil {
                parts.updateValue([names[1]], forKey: part)
            }
        }
    }

    /// What is no JSON object stays as it is.
    func apply(to json: [UInt8]) -> [UInt8] {
        guard !parts.isEmpty, case .object(let object)? = try? JSONParser.parse(json) else { return json }
        return JSONWriter.render { writer in
            writer.object {
                for member in object.members {
                    if member.name == "timestamp" {
                        $0.member(member.name, member.value)
                    } else if let leaves = parts[member.name] {
                        $0.member(member.name, leaves.map { member.value.only($0) } ?? member.value)
                    }
                }
            }
        }
    }
}

extension JSONValue {
    /// Of an object, or of each object of an array, these members.
    fileprivate func only(_ names: Set<String>) -> JSONValue {
        switch self {
        case .object(let object):
            .object(JSONObject(object.members.filter { names.contains($0.name) }.map { ($0.name, $0.value) }))
        case .array(let elements): .array(elements.map { $0.only(names) })
        default: self
        }
    }
}
