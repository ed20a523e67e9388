package import JSON

/// What a value of the API looks like: as much of JSON Schema (2020-12) as its payloads need.
package struct Schema: Sendable {
    package indirect enum Shape: Sendable {
        case anything
        case boolean
        case integer(ClosedRange<Int>?)
        case number(ClosedRange<Double>?)
        case text(TextRules)
        /// One of these texts.
        case choice([String])
        case list(Schema, count: ClosedRange<Int>?)
        /// - Parameter isClosed: other members are refused.
        case object([Property], isClosed: Bool)
        /// An object with any names; of a body, so many of them, of 1 to 128 bytes.
        case map(Schema, count: ClosedRange<Int>?)
        /// Any of them.
        case either([Schema])
        /// The component with this name.
        case reference(String)
    }

    package struct TextRules: Sendable {
        /// A regular expression, which finds something in the text.
        package var pattern: String?
        package var format: String?
        package var maximumLength: Int?
    }

    package struct Property: Sendable {
        package var name: String
        package var schema: Schema
        package var isRequired: Bool
    }

    package var shape: Shape
    /// For people; empty: the name says it.
    package var summary = ""
    /// Whether `null` stands for it too.
    package var isNullable = false
    /// What it is where it is left out.
    package var usual: JSONValue?

    init(_ shape: Shape) { self.shape = shape }
}

// MARK: - Shapes

extension Schema {
    static let anything = Schema(.anything)
    static let boolean = Schema(.boolean)
    static let number = Schema(.number(nil))
    static let text = Schema(.text(TextRules()))
    /// 0 or more.
    static let count = Schema(.integer(0...Int.max))
    /// 0 to 100, but for the rounding of what is measured.
    static let percent = number.about("Percent")
    /// RFC 3339, UTC, with milliseconds.
    static let time = Schema(.text(TextRules(format: "date-time")))
    /// As inside payloads.
    static let unixTime = number.about("Seconds since 1970")

    static func integer(_ range: ClosedRange<Int>) -> Schema { Schema(.integer(range)) }
    static func number(_ range: ClosedRange<Double>) -> Schema { Schema(.number(range)) }
    static func list(_ element: Schema, _ count: ClosedRange<Int>? = nil) -> Schema {
        Schema(.list(element, count: count))
    }
    static func map(_ value: Schema, _ count: ClosedRange<Int>? = nil) -> Schema { Schema(.map(value, count: count)) }
    static func either(_ schemas: Schema...) -> Schema { Schema(.either(schemas)) }
    package static func reference(_ name: String) -> Schema { Schema(.reference(name)) }
    static func choice(_ texts: [String]) -> Schema { Schema(.choice(texts)) }

    static func choice<Value: RawRepresentable & CaseIterable>(_: Value.Type) -> Schema where Value.RawValue == String {
        Schema(.choice(Value.allCases.map(\.rawValue)))
    }

    static func text(upTo bytes: Int) -> Schema { Schema(.text(TextRules(maximumLength: bytes))) }
    static func text(matching pattern: String) -> Schema { Schema(.text(TextRules(pattern: pattern))) }

    /// An answer: other members may be added to it one day.
    static func object(_ members: [Property]) -> Schema { Schema(.object(members, isClosed: false)) }

    /// What a body may have: nothing else, and `null` is the same as leaving a member out.
    static func request(_ members: [Property]) -> Schema {
        Schema(
            .object(
                members.map { member in
                    var member = member
                    member.schema.isNullable = !member.isRequired
                    return member
                }, isClosed: true))
    }
}

// MARK: - More about a schema

extension Schema {
    func about(_ summary: String) -> Schema {
        var schema = self
        schema.summary = summary
        return schema
    }

    func usually(_ value: JSONValue) -> Schema {
        var schema = self
        schema.usual = value
        return schema
    }

    var orNull: Schema {
        var schema = self
        schema.isNullable = true
        return schema
    }
}

extension Schema.Property {
    /// A member that is always there.
    static func member(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Self {
        Self(name: name, schema: summary.map(schema.about) ?? schema, isRequired: true)
    }

    /// A member that may be left out.
    static func optional(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Self {
        Self(name: name, schema: summary.map(schema.about) ?? schema, isRequired: false)
    }
}
