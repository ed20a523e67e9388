import JSON
import Model
import Payloads

/// Reads the members of a JSON object strictly: an unknown name, a wrong type or a value out of range is an error that
/// names the field, what was sent and what is allowed. `null` counts as left out. Nothing is ever corrected silently.
struct FieldReader: Sendable {
    private let object: JSONObject
    /// In front of the names in messages: `config.`.
    let prefix: String

    /// - Parameter names: every name that may occur.
    init(_ value: JSONValue, names: [String], within parent: String? = nil) throws(APIError) {
        guard let object = value.object else {
            let what = parent ?? "the body"
            throw APIError(
                parent == nil ? .invalidJSON : .invalidField, "\(what) must be an object, not \(value.kind)",
                field: parent)
        }
        self.object = object
        prefix = parent.map { $0 + "." } ?? ""
        for member in object.members where !names.contains(member.name) {
            let field = prefix + Self.shorten(member.name)
            throw .invalid(field, "unknown field \"\(field)\"; allowed: \(names.joined(separator: ", "))")
        }
    }

    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    func required<Value>(_ name: String, _ value: Value?) throws(APIError) -> Value {
        guard let value else { throw missing(name) }
        return value
    }

    func missing(_ name: String) -> APIError { .invalid(prefix + name, "\(prefix + name) is required") }

    /// What is said of a member that does not go with another one.
    func excluded(_ name: String, by other: String) -> APIError {
        .invalid(prefix + name, "\(prefix + name) must be left out where \(other) is given")
    }

    /// Without NULs, at most so many bytes long.
    func text(_ name: String, maximumBytes: Int) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw mismatch(name, "a string", value) }
        guard text.utf8.count <= maximumBytes else {
            throw .invalid(prefix + name, "\(prefix + name) must not be longer than \(maximumBytes) bytes")
        }
        guard !text.utf8.contains(0) else { throw .invalid(prefix + name, "\(prefix + name) must not contain NUL") }
        return text
    }

    func identifier(_ name: String, allowingSlash: Bool = false) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw mismatch(name, "a string", value) }
        guard IdentifierRules.isValid(text, allowingSlash: allowingSlash) else {
            throw .badIdentifier(prefix + name, allowingSlash: allowingSlash)
        }
        return text
    }

    func bool(_ name: String) throws(APIError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else { throw mismatch(name, "true or false", value) }
        return flag
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let number = value.int.flatMap(Int.init(exactly:)), range.contains(number) else {
            throw mismatch(name, allowed, value)
        }
        return number
    }

    func duration(_ name: String, in range: ClosedRange<Milliseconds>) throws(APIError) -> Milliseconds? {
        guard let value = value(name) else { return nil }
        guard let duration = DurationText.parse(value) else {
            throw mismatch(name, "a duration like \"500ms\", \"5s\", \"2m\" or \"1h\", or a number of seconds", value)
        }
        guard range.contains(duration) else {
            let (from, to) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
            throw mismatch(name, "from \(from) to \(to)", value)
        }
        return duration
    }

    static let maximumChoices = 64

    /// Strings out of a set, sorted as the set is, each once. Letter case does not matter.
    func choices(_ name: String, of allowed: [String]) throws(APIError) -> [String]? {
        guard let texts = try texts(name, maximumCount: Self.maximumChoices) else { return nil }
        var chosen: Set<String> = []
        for text in texts {
            guard let choice = allowed.first(where: { $0.lowercased() == text.lowercased() }) else {
                throw mismatch(name, "a list of \(allowed.joined(separator: ", "))", .string(text))
            }
            chosen.insert(choice)
        }
        return allowed.filter(chosen.contains)
    }

    func texts(_ name: String, maximumCount: Int) throws(APIError) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else { throw mismatch(name, "a list of strings", value) }
        guard elements.count <= maximumCount else {
            throw .invalid(prefix + name, "\(prefix + name) must not have more than \(maximumCount) elements")
        }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw mismatch(name, "a list of strings", element) }
            texts.append(text)
        }
        return texts
    }

    /// What is said of a value that does not fit.
    func mismatch(_ name: String, _ allowed: String, _ value: JSONValue) -> APIError {
        .invalid(prefix + name, "\(prefix + name) must be \(allowed), not \(Self.describe(value))")
    }

    private static func describe(_ value: JSONValue) -> String {
        switch value {
        case .array, .object: value.kind
        default: shorten(String(decoding: JSONWriter.render { $0.value(value) }, as: UTF8.self))
        }
    }

    private static func shorten(_ text: String) -> String {
        text.count <= 64 ? text : text.prefix(64) + "…"
    }
}

extension APIError {
    static func badIdentifier(_ field: String, allowingSlash: Bool = false) -> APIError {
        let characters = allowingSlash ? "A-Z a-z 0-9 . _ : @ - /" : "A-Z a-z 0-9 . _ : @ -"
        return .invalid(field, "\(field) must be 1 to \(IdentifierRules.maximumLength) characters of \(characters)")
    }
}
