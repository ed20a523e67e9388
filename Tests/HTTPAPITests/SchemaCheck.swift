import HTTPAPI
import JSON

/// Whether a value is what its schema says, and has no member that the schema does not know: clients may overlook what
/// they do not know, but nothing may be sent that is not described.
enum SchemaCheck {
    /// What is wrong, each with where.
    static func problems(_ value: JSONValue, _ schema: Schema, at path: String = "$") -> [String] {
        if value == .null, schema.isNullable { return [] }
        switch schema.shape {
        case .anything: return []
        case .boolean: return value.bool == nil ? [mismatch(value, "a boolean", path)] : []
        case .integer(let range):
            guard let number = value.int else { return [mismatch(value, "an integer", path)] }
            return range?.contains(Int(number)) ?? true ? [] : ["\(path): \(number) is out of range"]
        case .number(let range):
            guard let number = value.double else { return [mismatch(value, "a number", path)] }
            return range?.contains(number) ?? true ? [] : ["\(path): \(number) is out of range"]
        case .text(let rules): return text(value, rules, path)
        case .choice(let texts):
            return value.string.map(texts.contains) ?? false ? [] : [mismatch(value, "one of \(texts)", path)]
        case .list(let element, let count):
            guard let elements = value.array else { return [mismatch(value, "a list", path)] }
            if let count, !count.contains(elements.count) { return ["\(path): \(elements.count) elements"] }
            return elements.enumerated().flatMap { problems($1, element, at: "\(path)[\($0)]") }
        case .object(let members, _): return object(value, members, path)
        case .map(let schema, let count):
            guard let object = value.object else { return [mismatch(value, "an object", path)] }
            if let count, !count.contains(object.members.count) { return ["\(path): \(object.members.count) members"] }
            return object.members.flatMap { problems($0.value, schema, at: "\(path).\($0.name)") }
        case .either(let schemas):
            let found = schemas.map { problems(value, $0, at: path) }
            return found.contains { $0.isEmpty } ? [] : found.first ?? ["\(path): nothing is allowed"]
        case .reference(let name):
            guard let schema = SchemaTable.schemas[name] else { return ["\(path): there is no schema \(name)"] }
            return problems(value, schema, at: path)
        }
    }

    private static func text(_ value: JSONValue, _ rules: Schema.TextRules, _ path: String) -> [String] {
        guard let text = value.string else { return [mismatch(value, "text", path)] }
        if let maximum = rules.maximumLength, text.unicodeScalars.count > maximum { return ["\(path) is too long"] }
        guard let pattern = rules.pattern, let expression = try? Regex(pattern) else { return [] }
        return text.firstMatch(of: expression) == nil ? ["\(path): \"\(text)\" does not match \(pattern)"] : []
    }

    private static func object(_ value: JSONValue, _ members: [Schema.Property], _ path: String) -> [String] {
        guard let object = value.object else { return [mismatch(value, "an object", path)] }
        let unknown = object.members.filter { member in !members.contains { $0.name == member.name } }
        return unknown.map { "\(path).\($0.name) is not described" }
            + members.flatMap { member in
                guard let value = object[member.name] else {
                    return member.isRequired ? ["\(path).\(member.name) is missing"] : []
                }
                return problems(value, member.schema, at: "\(path).\(member.name)")
            }
    }

    private static func mismatch(_ value: JSONValue, _ allowed: String, _ path: String) -> String {
        "\(path) is \(value.kind), not \(allowed)"
    }
}

extension Route {
    /// What the answer has that the route's declaration does not say.
    func undescribed(_ response: HTTPResponse) -> [String] {
        let json = try? JSONParser.parse(response.body)
        if let code = json?["code"]?.string {
            guard let code = APIError.Code(rawValue: code) else { return ["there is no code \(code)"] }
            guard errorCodes.contains(code), code.status == response.status else {
                return ["\(method.rawValue) \(pattern) refuses with \(response.status) \(code.rawValue)"]
            }
            return SchemaCheck.problems(json ?? .null, .reference("Error"))
        }
        guard statuses.contains(response.status) else {
            return ["\(method.rawValue) \(pattern) answers \(response.status)"]
        }
        guard response.status != 204, let name = self.response, !name.contains("/") else { return [] }
        return SchemaCheck.problems(json ?? .null, .reference(name)).map { "\(method.rawValue) \(pattern): \($0)" }
    }
}
