import Diagnostics
import Glibc
import Logging
import Options

/// The program `sluice`.
package enum Sluice {
    /// Parses the command line, does what it says and ends the process.
    package static func main() -> Never {
        let invocation = program.parseOrExit()
        do {
            exit(try run(invocation))
        } catch let error as OptionError {
            exit(program.report(error))
        } catch let error as StartError {
            report(error.description)
            exit(error.exitCode)
        } catch {
            report("\(error)")
            exit(1)
        }
    }

    private static func run(_ invocation: Invocation) throws -> Int32 {
        switch invocation.command {
        case ["serve"]: try serve(invocation, isDemo: false)
        case ["demo"]: try serve(invocation, isDemo: true)
        case ["check-config"]: try checkConfig(invocation)
        case ["token", "create"]: try TokenCommand.create(invocation)
        case ["token", "list"]: try TokenCommand.list(invocation)
        case ["token", "revoke"]: try TokenCommand.revoke(invocation)
        case let other: fatalError("no such command: \(other)")
        }
    }

    private static let program = Program(
        name: "sluice", version: sluiceVersion,
        summary: "Demand-driven streaming gateway for fleets of agents",
        commands: [
            Command(["serve"], summary: "Run the gateway", groups: ServeOptions.groups),
            Command(
                ["demo"], summary: "Run the gateway and an agent for this host, and print the console's URL",
                groups: ServeOptions.groups),
            Command(["check-config"], summary: "Check options and show what is in force", groups: ServeOptions.groups),
            TokenCommand.createCommand, TokenCommand.listCommand, TokenCommand.revokeCommand,
        ])

    // MARK: - Commands

    private static func serve(_ invocation: Invocation, isDemo: Bool) throws -> Int32 {
        let threshold = LogThreshold(level(invocation))
        let log = logger(invocation, threshold)
        for warning in invocation.warnings { log.warning("\(warning)") }
        let configuration = try Configuration(invocation)
        if isDemo { try Configuration.refuseTLSInDemo(invocation) }
        return try ServerProcess.run(configuration, isDemo: isDemo, log: log) { reload(threshold, log) }
    }

    private static func checkConfig(_ invocation: Invocation) throws -> Int32 {
        _ = try Configuration(invocation)
        for warning in invocation.warnings { report(warning) }
        for (option, text, origin) in invocation.effective where !option.flagOnly {
            print("\(option.fileKey): \(text)  # \(origin.description)")
        }
        return 0
    }

    /// SIGHUP. Tokens are followed by themselves; of the options only the log level can change while it runs. Files are
    /// read anew by the server.
    private static func reload(_ threshold: LogThreshold, _ log: Logger) {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            guard case .run(let invocation) = try program.parse(arguments, environment: Program.processEnvironment())
            else { return }
            threshold.level = level(invocation)
            log.notice("reloaded", metadata: ["log_level": "\(threshold.level)"])
        } catch {
            log.error("not reloaded: \(error)")
        }
    }

    private static func level(_ invocation: Invocation) -> Logger.Level {
        Logger.Level(rawValue: invocation[ServeOptions.logLevel]) ?? .info
    }

    private static func logger(_ invocation: Invocation, _ threshold: LogThreshold) -> Logger {
        let format = invocation[ServeOptions.logFormat].flatMap(LogFormat.init) ?? .standard
        return Logger(label: "sluice") { _ in StderrLogHandler(threshold: threshold, format: format) }
    }

    static func report(_ message: String) {
        var line = "sluice: \(message)\n"
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

/// Why the gateway does not start.
enum StartError: Error, CustomStringConvertible {
    case cannotBind(Endpoint, reason: String)
    /// The store cannot be opened; the text says what to do.
    case store(String)
    /// An address that strangers can reach, and no token to keep them out.
    case openWithoutTokens(option: String, Endpoint)
    /// The keys of JSON Web Tokens cannot be read.
    case webTokens(String)
    case noAgentProgram(String)

    var exitCode: Int32 {
        switch self {
        case .cannotBind: 69  // EX_UNAVAILABLE
        case .openWithoutTokens, .webTokens: 78  // EX_CONFIG
        case .store, .noAgentProgram: 1
        }
    }

    var description: String {
        switch self {
        case .cannotBind(let endpoint, let reason): "cannot listen on \(endpoint): \(reason)"
        case .store(let text), .webTokens(let text): text
        case .openWithoutTokens(let option, let endpoint):
            "\(option) \(endpoint): without tokens the gateway listens on loopback addresses only, because anybody who "
                + "reaches it could run commands on your hosts. Make a token first: "
                + "sluice token create --name admin --role admin --data-dir DIR"
        case .noAgentProgram(let path): "the demo needs \(path), which cannot be started"
        }
    }
}
