import Options
import Testing

@Suite struct PrecedenceTests {
    @Test("flag wins over environment, environment over file, file over default")
    func order() throws {
        let environment = ["SLUICE_LOOPS": "3", "SLUICE_LINGER": "3s"]
        let yaml = "loops: 4\nlinger: 4s\nlog_format: json\n"
        let invocation = try Fixture.serve(["--loops", "5"], environment: environment, yaml: yaml)
        #expect(invocation[Fixture.loops] == 5)
        #expect(invocation[Fixture.linger] == 3_000)
        #expect(invocation[Fixture.format] == "json")
        #expect(invocation[Fixture.dataDirectory] == "./sluice-data")
        #expect(invocation.origin(of: Fixture.loops) == .flag)
        #expect(invocation.origin(of: Fixture.linger) == .environment(variable: "SLUICE_LINGER"))
        #expect(invocation.origin(of: Fixture.dataDirectory) == .builtIn)
        guard case .file(_, let line) = invocation.origin(of: Fixture.format) else {
            Issue.record("log-format does not come from the file")
            return
        }
        #expect(line == 3)
    }

    @Test("without any source every option has its default")
    func defaults() throws {
        let invocation = try Fixture.serve()
        #expect(invocation[Fixture.bind] == Endpoint(host: "127.0.0.1", port: 8_080))
        #expect(invocation[Fixture.size] == 64 << 20)
        #expect(!invocation[Fixture.isPublic])
        #expect(invocation[Fixture.certificate] == nil)
        #expect(invocation[Fixture.allow].isEmpty)
        #expect(invocation[Fixture.labels].isEmpty)
    }

    @Test("the nearest source of a list replaces the others")
    func listsAreNotMerged() throws {
        let invocation = try Fixture.serve(["--allow", "shell"], environment: ["SLUICE_ALLOW": "docker,deploy"])
        #expect(invocation[Fixture.allow] == ["shell"])
    }

    @Test("an empty variable counts as not set")
    func emptyVariable() throws {
        #expect(try Fixture.serve(environment: ["SLUICE_LOOPS": ""])[Fixture.loops] == 2)
    }

    @Test("another program's variable comes after ours and before the file")
    func foreignVariable() throws {
        let foreign = ["DOCKER_HOST": "unix:///a"]
        #expect(try Fixture.serve(environment: foreign, yaml: "docker_host: c")[Fixture.docker] == "unix:///a")
        let both = foreign.merging(["SLUICE_DOCKER_HOST": "b"]) { $1 }
        #expect(try Fixture.serve(environment: both)[Fixture.docker] == "b")
    }

    @Test("the file can be named by SLUICE_CONFIG")
    func configVariable() {
        let error = Fixture.error { try Fixture.serve(environment: ["SLUICE_CONFIG": "/nowhere/sluice.yaml"]) }
        #expect(error?.exitCode == 78)
        #expect(error?.description == "/nowhere/sluice.yaml: cannot be read: No such file or directory")
    }

    @Test("an unknown SLUICE_ variable is a warning, one of another command is not")
    func unknownVariables() throws {
        let environment = ["SLUICE_LINGR": "1s", "SLUICE_LINGER": "1s", "PATH": "/bin"]
        let expected = "environment variable SLUICE_LINGR is not an option and is ignored; did you mean SLUICE_LINGER?"
        #expect(try Fixture.serve(environment: environment).warnings == [expected])
        #expect(try Fixture.run(["token", "create"], environment: ["SLUICE_LINGER": "1s"]).warnings.isEmpty)
    }

    @Test("a flag-only option has neither variable nor key")
    func flagOnly() throws {
        let invocation = try Fixture.run(["token", "create"], environment: ["SLUICE_NAME": "x"])
        #expect(invocation[Fixture.name] == nil)
        #expect(invocation.warnings.count == 1)
        #expect(Fixture.fileError("name: x")?.description == "FILE:1: unknown key \"name\"")
    }

    @Test("check-config sees every option with text and source")
    func effective() throws {
        let effective = try Fixture.serve(["--loops=7"]).effective
        #expect(effective.first?.option.name == "http-bind")
        #expect(effective.contains { $0.option.name == "loops" && $0.text == "7" && $0.origin == .flag })
        #expect(effective.last?.option.name == "config")
    }

    @Test("a semantic problem names key, value and source")
    func laterProblem() throws {
        let invocation = try Fixture.serve(environment: ["SLUICE_TLS_CERT": "/a.pem"])
        let problem = invocation.problem(with: Fixture.certificate, expected: "a readable file")
        #expect(problem.exitCode == 78)
        #expect(problem.description == "environment variable SLUICE_TLS_CERT=\"/a.pem\": expected a readable file")
    }
}
