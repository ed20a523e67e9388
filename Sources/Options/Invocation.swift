/// What to do, with every option resolved: flag over environment over file over default.
package struct Invocation: Sendable {
    /// The words of the command: `["token", "create"]`; empty for a program that does one thing.
    package let command: [String]
    /// As many as the command declares.
    package let positionals: [String]
    /// Sentences for the log: things that were ignored.
    package let warnings: [String]
    let values: [String: ResolvedOption]

    /// The value in force. Traps when the command does not declare the option: that is a mistake in the program.
    package subscript<Value>(option: Option<Value>) -> Value { option.read(resolved(option).value) }

    package func origin<Value>(of option: Option<Value>) -> OptionOrigin { resolved(option).origin }

    /// The error for a value that only its user can find wrong (a file that is not there, a rule between two options).
    /// It names key, value and source as if the value had been refused here.
    package func problem<Value>(with option: Option<Value>, expected: String) -> OptionError {
        let resolved = resolved(option)
        return option.declaration.problem(value: resolved.text, origin: resolved.origin, expected: expected)
    }

    /// Every option with its value as text, in the order of the declarations: for `check-config`.
    package var effective: [(option: OptionDeclaration, text: String, origin: OptionOrigin)] {
        values.values.sorted { $0.position < $1.position }.map { ($0.declaration, $0.text, $0.origin) }
    }

    private func resolved<Value>(_ option: Option<Value>) -> ResolvedOption {
        guard let resolved = values[option.declaration.name] else {
            fatalError("`\(command)` does not declare \(option.declaration.flag)")
        }
        return resolved
    }
}

/// One option after all sources have been asked.
struct ResolvedOption: Sendable {
    var declaration: OptionDeclaration
    /// Place among the command's options.
    var position: Int
    var value: OptionValue?
    /// As it was written.
    var text: String
    var origin: OptionOrigin
}
