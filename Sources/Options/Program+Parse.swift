@preconcurrency import Glibc  // for `environ`: read once at start, before there is a second thread

/// What the command line asks for.
package enum ProgramRequest: Sendable {
    case run(Invocation)
    /// Text to print on stdout before leaving with 0: `--help`, `--version`.
    case print(String)
}

extension Program {
    /// `arguments` without the program's own name.
    package func parse(_ arguments: [String], environment: [String: String]) throws(OptionError) -> ProgramRequest {
        guard let command = command(for: arguments) else { return try parseWithoutCommand(arguments) }
        let scanned = try ArgumentScanner.scan(arguments.dropFirst(command.words.count), for: command)
        if scanned.wantsHelp { return .print(help(for: command)) }
        if scanned.wantsVersion { return .print("\(name) \(version)\n") }
        try checkPositionals(scanned.positionals, of: command)
        var resolution = try Resolution(
            program: self, command: command, arguments: scanned, environment: environment)
        return .run(try resolution.run())
    }

    /// The process's own arguments and environment. Prints help, version and errors by itself and ends the process
    /// with 0, 64 or 78 where there is nothing to run.
    package func parseOrExit() -> Invocation {
        do {
            switch try parse(Array(CommandLine.arguments.dropFirst()), environment: Self.processEnvironment()) {
            case .run(let invocation): return invocation
            case .print(let text):
                Self.write(text, to: STDOUT_FILENO)
                exit(0)
            }
        } catch {
            exit(report(error))
        }
    }

    /// Prints the error on stderr. Returns the exit code that belongs to it.
    package func report(_ error: OptionError) -> Int32 {
        let lines = error.messages.map { "\(name): \($0)\n" }
        let hint = error.kind == .usage ? "Try `\(name) --help`.\n" : ""
        Self.write(lines.joined() + hint, to: STDERR_FILENO)
        return error.exitCode
    }

    /// The longest match, so that `token create` is not taken for a command `token`.
    private func command(for arguments: [String]) -> Command? {
        commands.filter { arguments.starts(with: $0.words) }.max { $0.words.count < $1.words.count }
    }

    private func parseWithoutCommand(_ arguments: [String]) throws(OptionError) -> ProgramRequest {
        guard let first = arguments.first else { throw .usage("a command is missing: \(commandNames)") }
        switch first {
        case "--help", "-h", "help": return .print(overview())
        case "--version": return .print("\(name) \(version)\n")
        default: break
        }
        let beginning = commands.filter { $0.words.first == first }
        if !beginning.isEmpty, arguments.contains(where: { ["--help", "-h"].contains($0) }) {
            return .print(overview(of: beginning))
        }
        let given = beginning.isEmpty ? first : arguments.prefix(2).joined(separator: " ")
        let names = commands.map { $0.words.joined(separator: " ") }
        throw .usage(
            "unknown command \(quoted(given))" + suggestion(for: given, among: names) + "; there is \(commandNames)")
    }

    private func checkPositionals(_ given: [String], of command: Command) throws(OptionError) {
        let wanted = command.positionals
        if given.count < wanted.count { throw .usage("\(wanted[given.count].name) is missing") }
        if given.count > wanted.count { throw .usage("unexpected argument \(quoted(given[wanted.count]))") }
    }

    private var commandNames: String { commands.map { $0.words.joined(separator: " ") }.joined(separator: ", ") }

    package static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }  // nobody reads it any more
            bytes = bytes.dropFirst(written)
        }
    }
}
