/// What the command line says, before values are looked at.
struct ScannedArguments {
    /// Every value given for an option, in order. `--flag` is "true", `--no-flag` is "false".
    var flags: [String: [String]] = [:]
    var positionals: [String] = []
    var wantsHelp = false
    var wantsVersion = false
}

/// Reads the arguments that follow the command's words.
struct ArgumentScanner {
    let command: Command
    private var rest: ArraySlice<String>
    private var result = ScannedArguments()

    init(command: Command, arguments: ArraySlice<String>) {
        self.command = command
        rest = arguments
    }

    static func scan(_ arguments: ArraySlice<String>, for command: Command) throws(OptionError) -> ScannedArguments {
        var scanner = Self(command: command, arguments: arguments)
        try scanner.run()
        return scanner.result
    }

    private mutating func run() throws(OptionError) {
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": result.wantsHelp = true
            case "--version": result.wantsVersion = true
            case "--":
                result.positionals += rest
                return
            case _ where argument.hasPrefix("--"): try flag(argument.dropFirst(2))
            case _ where argument.hasPrefix("-") && argument != "-":
                throw .usage("unknown option \(quoted(argument)); options begin with two dashes")
            default: result.positionals.append(argument)
            }
        }
    }

    private mutating func flag(_ text: Substring) throws(OptionError) {
        let equals = text.firstIndex(of: "=")
        let name = text[..<(equals ?? text.endIndex)]
        let attached = equals.map { String(text[text.index(after: $0)...]) }
        if let option = command.option(named: name) {
            let value = if let attached { attached } else { try following(option) }
            result.flags[option.name, default: []].append(value)
        } else if attached == nil, name.hasPrefix("no-"),
            let option = command.option(named: name.dropFirst(3)), option.kind.isBoolean
        {
            result.flags[option.name, default: []].append("false")
        } else {
            let known = command.options.map(\.flag) + ["--help", "--version"]
            throw .usage("unknown option \(quoted("--\(name)"))" + suggestion(for: "--\(name)", among: known))
        }
    }

    private mutating func following(_ option: OptionDeclaration) throws(OptionError) -> String {
        if option.kind.isBoolean { return "true" }
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw .usage("\(option.flag) needs a value: \(option.kind.expectation)")
        }
        rest.removeFirst()
        return next
    }
}
