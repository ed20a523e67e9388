/// Why a program does not start. Wrong flags are bad usage; a wrong variable or file is bad configuration.
package struct OptionError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable { case usage, configuration }

    package var kind: Kind
    /// One sentence for each problem that was found, in the order of the declarations; never empty.
    package var messages: [String]

    package static func usage(_ message: String) -> Self { Self(kind: .usage, messages: [message]) }
    package static func configuration(_ message: String) -> Self { Self(kind: .configuration, messages: [message]) }

    /// `EX_USAGE` or `EX_CONFIG` of sysexits.h.
    package var exitCode: Int32 { kind == .usage ? 64 : 78 }
    package var description: String { messages.joined(separator: "\n") }
}

/// Where the value in force came from, the strongest first.
package enum OptionOrigin: Sendable, Equatable {
    case flag
    case environment(variable: String)
    case file(path: String, line: Int)
    case builtIn

    /// The source as `check-config` shows it.
    package var description: String {
        switch self {
        case .flag: "flag"
        case .environment(let variable): variable
        case .file(let path, let line): "\(path):\(line)"
        case .builtIn: "default"
        }
    }
}

extension OptionDeclaration {
    package var flag: String { "--\(name)" }
    package var variable: String { "SLUICE_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }
    package var fileKey: String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// Names the key, the value, where it came from and what is allowed.
    func problem(value: String, origin: OptionOrigin, expected: String? = nil) -> OptionError {
        let expected = "expected \(expected ?? kind.expectation)"
        let value = quoted(value)
        return switch origin {
        case .flag: .usage("\(flag) \(value): \(expected)")
        case .environment(let variable): .configuration("environment variable \(variable)=\(value): \(expected)")
        case .file(let path, let line): .configuration("\(path):\(line): \(fileKey): \(value): \(expected)")
        case .builtIn: .configuration("\(name) is not set: \(expected)")
        }
    }
}

/// For messages: in quotes, one line, not longer than a line.
func quoted(_ text: String) -> String {
    let visible = text.unicodeScalars.prefix(80).map { scalar in
        scalar.value < 0x20 || scalar.value == 0x7F ? "?" : String(Character(scalar))
    }
    return "\"" + visible.joined() + (visible.count < text.unicodeScalars.count ? "…\"" : "\"")
}
