import Options
import Testing

@Suite struct HelpTests {
    private func text(_ arguments: [String], of program: Program = Fixture.program) throws -> String {
        guard case .print(let text) = try program.parse(arguments, environment: [:]) else {
            Issue.record("nothing was printed for \(arguments)")
            return ""
        }
        return text
    }

    @Test("the help of a command is grouped and aligned")
    func command() throws {
        #expect(
            try text(["token", "revoke", "--help"]) == """
                End a token.

                Usage: sluice token revoke NAME [options]

                Arguments
                  NAME             Of the token

                Where
                  --data-dir TEXT  Data directory (default ./sluice-data)

                General
                  --config FILE    YAML file with options, keys as the flags but with _ for -

                Also settable as SLUICE_DATA_DIR (environment) and data_dir (--config), and so on: a flag wins over
                the environment, the environment over the file.

                """)
    }

    @Test("a program that does one thing names the commands that it has beside that")
    func besides() throws {
        let program = Program(
            name: "agent", version: "1", summary: "Streams",
            commands: [
                Command([], summary: "Streams", groups: [OptionGroup("Where", [Fixture.dataDirectory])]),
                Command(["check"], summary: "Say what can be", groups: [OptionGroup("Where", [Fixture.dataDirectory])]),
            ])
        #expect(try text(["--help"], of: program).contains("\nCommands\n  check            Say what can be\n"))
        #expect(try !text(["check", "--help"], of: program).contains("Commands"))
        guard case .run(let invocation) = try program.parse(["check", "--data-dir", "x"], environment: [:]) else {
            Issue.record("nothing to run")
            return
        }
        #expect(invocation.command == ["check"] && invocation[Fixture.dataDirectory] == "x")
    }

    @Test("every option is in the help of its command, no line is longer than 110 columns")
    func complete() throws {
        let help = try text(["serve", "-h"])
        for option in try Fixture.serve().effective.map(\.option) {
            #expect(help.contains("  \(option.flag)"))
        }
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 110 })
        #expect(help.contains("--docker-host TEXT"))
        #expect(help.contains("(or DOCKER_HOST)"))
    }

    @Test("the overview lists the commands, a first word only those under it")
    func overview() throws {
        let all = try text(["--help"])
        #expect(all.contains("  serve              Run the gateway\n"))
        #expect(all.contains("  token revoke NAME  End a token\n"))
        let tokens = try text(["token", "--help"])
        #expect(tokens.contains("token create") && !tokens.contains("Run the gateway"))
    }

    @Test("--version prints name and version, also after a command")
    func version() throws {
        #expect(try text(["--version"]) == "sluice 1.2.3\n")
        #expect(try text(["serve", "--version"]) == "sluice 1.2.3\n")
    }

    @Test("help is given even where the rest is wrong")
    func helpWins() throws {
        #expect(try text(["serve", "--loops", "x", "--help"]).hasPrefix("Run the gateway."))
    }

    @Test("a program that does one thing needs no command word")
    func single() throws {
        let gateway = Option<Endpoint>.endpoint("gateway", default: "127.0.0.1:9090", help: "Where the gateway is")
        let agent = Program(
            name: "sluice-agent", version: "1", summary: "Run the agent",
            groups: [OptionGroup("Connection", [gateway])])
        #expect(try text(["--help"], of: agent).contains("Usage: sluice-agent [options]\n"))
        guard case .run(let invocation) = try agent.parse(["--gateway=a:1"], environment: [:]) else {
            Issue.record("expected an invocation")
            return
        }
        #expect(invocation[gateway] == Endpoint(host: "a", port: 1))
    }
}
