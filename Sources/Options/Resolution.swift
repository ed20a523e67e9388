/// Asks flag, environment, file and default, in this order, for each option of a command.
struct Resolution {
    let program: Program
    let command: Command
    let arguments: ScannedArguments
    let environment: [String: String]
    let file: YAMLFile?
    private var problems: [OptionError] = []

    init(
        program: Program, command: Command, arguments: ScannedArguments, environment: [String: String]
    ) throws(OptionError) {
        self.program = program
        self.command = command
        self.arguments = arguments
        self.environment = environment
        file = try Self.path(command, arguments, environment).map(YAMLFile.init(path:))
    }

    /// All wrong values are reported together; wrong flags alone, because the rest may change with them.
    mutating func run() throws(OptionError) -> Invocation {
        try checkFileKeys()
        var values: [String: ResolvedOption] = [:]
        for (position, option) in command.options.enumerated() {
            do {
                values[option.name] = try resolve(option, position)
            } catch {
                problems.append(error)
            }
        }
        try throwProblems()
        return Invocation(
            command: command.words, positionals: arguments.positionals, warnings: unknownVariables(), values: values)
    }

    private func throwProblems() throws(OptionError) {
        let usage = problems.filter { $0.kind == .usage }
        let relevant = usage.isEmpty ? problems : usage
        guard let first = relevant.first else { return }
        throw OptionError(kind: first.kind, messages: relevant.flatMap(\.messages))
    }

    // MARK: Sources

    private func resolve(_ option: OptionDeclaration, _ position: Int) throws(OptionError) -> ResolvedOption {
        if let texts = arguments.flags[option.name] {
            let value =
                option.kind.takesSeveral
                ? option.kind.parse(items: texts.flatMap(ValueKind.commaSeparated)) : option.kind.parse(texts.last!)
            let text = option.kind.takesSeveral ? texts.joined(separator: ",") : texts.last!
            return try accept(value, option, position, text, .flag)
        }
        if let (variable, text) = Self.variable(option, environment) {
            return try accept(option.kind.parse(text), option, position, text, .environment(variable: variable))
        }
        if !option.flagOnly, let file, let entry = file.entry(for: option) {
            let origin = OptionOrigin.file(path: file.path, line: entry.line)
            return try accept(entry.value.parsed(as: option.kind), option, position, entry.value.text, origin)
        }
        let value = option.defaultText.flatMap(option.kind.parse)
        return ResolvedOption(
            declaration: option, position: position, value: value, text: option.defaultText ?? "", origin: .builtIn)
    }

    private func accept(
        _ value: OptionValue?, _ option: OptionDeclaration, _ position: Int, _ text: String, _ origin: OptionOrigin
    ) throws(OptionError) -> ResolvedOption {
        guard let value else { throw option.problem(value: text, origin: origin) }
        return ResolvedOption(declaration: option, position: position, value: value, text: text, origin: origin)
    }

    /// An empty variable counts as not set, as it does for the shells and containers that make them.
    private static func variable(
        _ option: OptionDeclaration, _ environment: [String: String]
    ) -> (name: String, text: String)? {
        guard !option.flagOnly else { return nil }
        for name in [option.variable, option.foreignVariable].compactMap(\.self) {
            if let text = environment[name], !text.isEmpty { return (name, text) }
        }
        return nil
    }

    private static func path(
        _ command: Command, _ arguments: ScannedArguments, _ environment: [String: String]
    ) -> String? {
        let config = Command.config.declaration
        guard command.option(named: config.name) != nil else { return nil }
        return arguments.flags[config.name]?.last ?? variable(config, environment)?.text
    }

    // MARK: Names that nobody knows

    /// The file is shared by all commands of the program, so the options of the others are known too.
    private mutating func checkFileKeys() throws(OptionError) {
        guard let file else { return }
        let known = program.commands.flatMap(\.options).filter { !$0.flagOnly && $0.name != "config" }
        for entry in file.entries where !known.contains(where: { entry.names($0) }) {
            let hint = suggestion(for: entry.key, among: known.map(\.fileKey))
            problems.append(.configuration("\(file.path):\(entry.line): unknown key \(quoted(entry.key))\(hint)"))
        }
    }

    /// Not an error: the environment is also other programs', newer and older ones among them.
    private func unknownVariables() -> [String] {
        let known = program.commands.flatMap(\.options).filter { !$0.flagOnly }.map(\.variable)
        return environment.keys.filter { $0.hasPrefix("SLUICE_") && !known.contains($0) }.sorted().map {
            "environment variable \($0) is not an option and is ignored" + suggestion(for: $0, among: known)
        }
    }
}
