import JSON

extension Schema {
    func write(to writer: inout JSONWriter) { writer.object { writeMembers(to: &$0) } }

    private func writeMembers(to writer: inout JSONWriter) {
        if isNullable, !shape.hasType {
            writer.array("anyOf") { writer in
                Schema(shape).write(to: &writer)
                writer.object { $0.member("type", "null") }
            }
        } else {
            shape.writeMembers(isNullable: isNullable, to: &writer)
        }
        if !summary.isEmpty { writer.member("description", summary) }
        if let usual { writer.member("default", usual) }
    }
}

extension Schema.Shape {
    /// Whether `null` can be added as one more `type`.
    fileprivate var hasType: Bool {
        switch self {
        case .either, .reference: false
        default: true
        }
    }

    fileprivate func writeMembers(isNullable: Bool, to writer: inout JSONWriter) {
        func type(_ name: String) {
            guard isNullable else { return writer.member("type", name) }
            writer.array("type") { for name in [name, "null"] { $0.value(name) } }
        }
        switch self {
        case .anything: break
        case .boolean: type("boolean")
        case .integer(let range):
            type("integer")
            if let range { writer.member("minimum", range.lowerBound) }
            if let range, range.upperBound != .max { writer.member("maximum", range.upperBound) }
        case .number(let range):
            type("number")
            if let range { writer.member("minimum", range.lowerBound) }
            if let range { writer.member("maximum", range.upperBound) }
        case .text(let rules):
            type("string")
            rules.writeMembers(to: &writer)
        case .choice(let texts):
            type("string")
            writer.array("enum") {
                for text in texts { $0.value(text) }
                if isNullable { $0.null() }
            }
        case .list(let element, let count):
            type("array")
            writer.name("items")
            element.write(to: &writer)
            if let count { writer.member("minItems", count.lowerBound) }
            if let count { writer.member("maxItems", count.upperBound) }
        case .object(let members, let isClosed):
            type("object")
            members.write(to: &writer)
            if isClosed { writer.member("additionalProperties", false) }
        case .map(let value, let count):
            type("object")
            writer.name("additionalProperties")
            value.write(to: &writer)
            guard let count else { return }
            writer.object("propertyNames") { $0.member("pattern", #"^[^\u0000]{1,128}$"#) }
            writer.member("minProperties", count.lowerBound)
            writer.member("maxProperties", count.upperBound)
        case .either(let schemas): writer.array("anyOf") { for schema in schemas { schema.write(to: &$0) } }
        case .reference(let name): writer.member("$ref", "#/components/schemas/\(name)")
        }
    }
}

extension Schema.TextRules {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        if let pattern { writer.member("pattern", pattern) }
        if let format { writer.member("format", format) }
        if let maximumLength { writer.member("maxLength", maximumLength) }
    }
}

extension [Schema.Property] {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object("properties") {
            for member in self {
                $0.name(member.name)
                member.schema.write(to: &$0)
            }
        }
        guard contains(where: \.isRequired) else { return }
        writer.array("required") { for member in self where member.isRequired { $0.value(member.name) } }
    }
}
