import Options
import Testing

@Suite struct FlagTests {
    @Test("a value may follow or be attached, and the last one wins")
    func values() throws {
        #expect(try Fixture.serve(["--loops", "3"])[Fixture.loops] == 3)
        #expect(try Fixture.serve(["--loops=3", "--loops", "4"])[Fixture.loops] == 4)
        #expect(try Fixture.serve(["--data-dir=a=b"])[Fixture.dataDirectory] == "a=b")
        #expect(try Fixture.serve(["--data-dir", "-x"])[Fixture.dataDirectory] == "-x")
    }

    @Test(
        "a boolean may be given in every way",
        arguments: [
            (["--metrics-public"], true), (["--metrics-public=true"], true), (["--metrics-public=off"], false),
            (["--metrics-public", "--no-metrics-public"], false), ([], false),
        ])
    func booleans(arguments: [String], expected: Bool) throws {
        #expect(try Fixture.serve(arguments)[Fixture.isPublic] == expected)
    }

    @Test("lists and pairs may be repeated or separated by commas")
    func several() throws {
        let invocation = try Fixture.serve([
            "--allow", "shell,docker", "--allow=deploy", "--label", "a=1,b=2", "--label", "c=x=y",
        ])
        #expect(invocation[Fixture.allow] == ["shell", "docker", "deploy"])
        #expect(invocation[Fixture.labels] == ["a": "1", "b": "2", "c": "x=y"])
    }

    @Test(
        "wrong use is exit 64 with a sentence",
        arguments: [
            (["serve", "--lingr", "1s"], "unknown option \"--lingr\"; did you mean --linger?"),
            (["serve", "--frobnicate"], "unknown option \"--frobnicate\""),
            (["serve", "-v"], "unknown option \"-v\"; options begin with two dashes"),
            (["serve", "--no-loops"], "unknown option \"--no-loops\""),
            (["serve", "--loops"], "--loops needs a value: a whole number from 1 to 64"),
            (["serve", "--loops", "--linger"], "--loops needs a value: a whole number from 1 to 64"),
            (["serve", "--loops", "65"], "--loops \"65\": expected a whole number from 1 to 64"),
            (
                ["serve", "--linger=61s"],
                "--linger \"61s\": expected a duration from 0s to 1m (500ms, 5s, 2m, 1h, 1d or a number of seconds)"
            ),
            (["serve", "--log-format=xml"], "--log-format \"xml\": expected one of text, json"),
            (["serve", "--allow=shell,rm"], "--allow \"shell,rm\": expected a list of shell, docker, deploy"),
            (["serve", "extra"], "unexpected argument \"extra\""),
            (["token", "revoke"], "NAME is missing"),
            (["serv"], "unknown command \"serv\"; did you mean serve?; there is serve, token create, token revoke"),
            (
                ["token", "creat"],
                "unknown command \"token creat\"; did you mean token create?; there is serve, token create, token revoke"
            ),
            ([], "a command is missing: serve, token create, token revoke"),
        ])
    func usageErrors(arguments: [String], message: String) {
        let error = Fixture.error { try Fixture.run(arguments) }
        #expect(error?.exitCode == 64)
        #expect(error?.description == message)
    }

    @Test("wrong flags hide wrong variables, and are reported together")
    func allWrongFlags() {
        let error = Fixture.error {
            try Fixture.serve(["--loops=0", "--linger=x"], environment: ["SLUICE_LOG_FORMAT": "x"])
        }
        #expect(error?.kind == .usage)
        #expect(error?.messages.count == 2)
    }

    @Test("a wrong variable is exit 78 and named")
    func wrongVariable() {
        let error = Fixture.error { try Fixture.serve(environment: ["SLUICE_LOOPS": "many\u{1B}[1m"]) }
        #expect(error?.exitCode == 78)
        let message = "environment variable SLUICE_LOOPS=\"many?[1m\": expected a whole number from 1 to 64"
        #expect(error?.description == message)
    }

    @Test("commands may have two words and arguments")
    func positionals() throws {
        let invocation = try Fixture.run(["token", "revoke", "ci", "--data-dir", "/d"])
        #expect(invocation.command == ["token", "revoke"])
        #expect(invocation.positionals == ["ci"])
        #expect(invocation[Fixture.dataDirectory] == "/d")
        #expect(try Fixture.run(["token", "revoke", "--", "--odd"]).positionals == ["--odd"])
    }
}
