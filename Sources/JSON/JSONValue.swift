/// A JSON text as values. Numbers keep what they were: an integer is never rounded through a `Double`.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits.
    case integer(Int64)
    /// Likewise, above `Int64.max`.
    case unsigned(UInt64)
    /// Every other number; finite.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// What to call this kind of value in a message for a person: "a number", "null"...
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .unsigned, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// A number without fraction (`5`, also `5.0` and `5e0`) that fits.
    package var int: Int64? {
        switch self {
        case .integer(let number): number
        case .double(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// Any number; integers beyond 2^53 are rounded.
    package var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The member of an object; nil when there is none, or when this is no object.
    package subscript(name: String) -> JSONValue? { object?[name] }

    /// The element of an array; nil when there is none, or when this is no array.
    package subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }
}

/// The members of a JSON object in the order in which they stood. No name occurs twice.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSONValue
    }

    package private(set) var members: [Member] = []

    package init() {}

    /// No name may occur twice.
    package init(_ members: [(name: String, value: JSONValue)]) {
        self.members = members.map { Member(name: $0.name, value: $0.value) }
    }

    /// The caller has made sure that there is no member of this name yet.
    mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }

    package subscript(name: String) -> JSONValue? { members.first { $0.name == name }?.value }
}
