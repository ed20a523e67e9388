/// One option, declared once: this gives the flag `--http-bind`, the variable `SLUICE_HTTP_BIND`, the YAML key
/// `http_bind`, its line in `--help` and the messages about a wrong value.
package struct OptionDeclaration: Sendable {
    /// As in the flag, without the dashes: lower case letters, digits and `-`.
    package var name: String
    package var kind: ValueKind
    /// Written as a user would write it, and parsed by the same rules; nil: no value unless given.
    package var defaultText: String?
    /// One sentence for `--help`, without full stop.
    package var help: String
    /// How the value is written in `--help`.
    package var placeholder: String
    /// A variable of other programs that is honoured after our own, such as `DOCKER_HOST`.
    package var foreignVariable: String?
    /// Only a flag: has no variable and no YAML key. For what belongs to one call, such as `--name` or `--json`.
    package var flagOnly: Bool
}

/// A declaration together with the type its value has: `invocation[httpBind]` is an `Endpoint`.
package struct Option<Value: Sendable>: DeclaredOption {
    package var declaration: OptionDeclaration
    /// Nil stands for "not given and no default"; the kind of value is the declaration's.
    let read: @Sendable (OptionValue?) -> Value

    fileprivate init(
        _ name: String, _ kind: ValueKind, default text: String?, help: String, placeholder: String? = nil,
        flagOnly: Bool, read: @escaping @Sendable (OptionValue?) -> Value
    ) {
        precondition(
            text.map { kind.parse($0) != nil } ?? true, "the default of --\(name) is not allowed by its own kind")
        declaration = OptionDeclaration(
            name: name, kind: kind, defaultText: text, help: help, placeholder: placeholder ?? kind.placeholder,
            foreignVariable: nil, flagOnly: flagOnly)
        self.read = read
    }

    /// The same option, which also listens to a variable that is not ours.
    package func honouring(variable: String) -> Self {
        var copy = self
        copy.declaration.foreignVariable = variable
        return copy
    }
}

/// An option of any type, so that a command can list them.
package protocol DeclaredOption: Sendable {
    var declaration: OptionDeclaration { get }
}

// MARK: - Kinds with one value

extension Option where Value == String {
    package static func string(
        _ name: String, default text: String, placeholder: String? = nil, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .string, default: text, help: help, placeholder: placeholder, flagOnly: flagOnly) { $0!.asText }
    }

    package static func choice(
        _ name: String, of allowed: [String], default text: String, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .choice(allowed), default: text, help: help, flagOnly: flagOnly) { $0!.asText }
    }
}

extension Option where Value == String? {
    package static func string(
        _ name: String, placeholder: String? = nil, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .string, default: nil, help: help, placeholder: placeholder, flagOnly: flagOnly) { $0?.asText }
    }

    package static func choice(_ name: String, of allowed: [String], flagOnly: Bool = false, help: String) -> Self {
        Self(name, .choice(allowed), default: nil, help: help, flagOnly: flagOnly) { $0?.asText }
    }
}

extension Option where Value == Int {
    package static func integer(
        _ name: String, default number: Int, in range: ClosedRange<Int>, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .integer(range), default: "\(number)", help: help, flagOnly: flagOnly) { $0!.asNumber }
    }

    /// In milliseconds, as is its range.
    package static func duration(
        _ name: String, default text: String, in range: ClosedRange<Int>, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .duration(range), default: text, help: help, flagOnly: flagOnly) { $0!.asNumber }
    }

    /// In bytes, as is its range.
    package static func byteSize(
        _ name: String, default text: String, in range: ClosedRange<Int>, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .byteSize(range), default: text, help: help, flagOnly: flagOnly) { $0!.asNumber }
    }
}

extension Option where Value == Int? {
    package static func integer(
        _ name: String, in range: ClosedRange<Int>, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .integer(range), default: nil, help: help, flagOnly: flagOnly) { $0?.asNumber }
    }

    /// In milliseconds, as is its range.
    package static func duration(
        _ name: String, in range: ClosedRange<Int>, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .duration(range), default: nil, help: help, flagOnly: flagOnly) { $0?.asNumber }
    }
}

extension Option where Value == Bool {
    /// `--name`, `--no-name`, `--name=true|false`.
    package static func boolean(
        _ name: String, default value: Bool = false, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .boolean, default: "\(value)", help: help, flagOnly: flagOnly) { $0!.asFlag }
    }
}

extension Option where Value == Endpoint {
    package static func endpoint(_ name: String, default text: String, flagOnly: Bool = false, help: String) -> Self {
        Self(name, .endpoint, default: text, help: help, flagOnly: flagOnly) { $0!.asEndpoint }
    }
}

extension Option where Value == Endpoint? {
    package static func endpoint(_ name: String, flagOnly: Bool = false, help: String) -> Self {
        Self(name, .endpoint, default: nil, help: help, flagOnly: flagOnly) { $0?.asEndpoint }
    }
}

// MARK: - Kinds with several values

extension Option where Value == [String] {
    package static func list(
        _ name: String, default text: String? = nil, allowed: [String]? = nil, placeholder: String? = nil,
        flagOnly: Bool = false, help: String
    ) -> Self {
        Self(
            name, .list(allowed: allowed), default: text, help: help, placeholder: placeholder, flagOnly: flagOnly
        ) { $0?.asList ?? [] }
    }
}

extension Option where Value == [String: String] {
    package static func pairs(
        _ name: String, placeholder: String? = nil, flagOnly: Bool = false, help: String
    ) -> Self {
        Self(name, .pairs, default: nil, help: help, placeholder: placeholder, flagOnly: flagOnly) {
            $0?.asPairs ?? [:]
        }
    }
}

// MARK: - Reading a value whose kind the declaration fixed

extension OptionValue {
    fileprivate var asText: String { if case .text(let value) = self { value } else { wrongKind() } }
    fileprivate var asNumber: Int { if case .number(let value) = self { value } else { wrongKind() } }
    fileprivate var asFlag: Bool { if case .flag(let value) = self { value } else { wrongKind() } }
    fileprivate var asEndpoint: Endpoint { if case .endpoint(let value) = self { value } else { wrongKind() } }
    fileprivate var asList: [String] { if case .list(let value) = self { value } else { wrongKind() } }
    fileprivate var asPairs: [String: String] { if case .pairs(let value) = self { value } else { wrongKind() } }

    private func wrongKind() -> Never { fatalError("an option was read as another kind than it was parsed as") }
}
