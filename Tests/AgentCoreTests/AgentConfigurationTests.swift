import Diagnostics
import Glibc
import Logging
import Options
import class TestSupport.TemporaryDirectory
import class TestSupport.TestCertificates
import Testing

@testable import AgentCore

@Suite("AgentConfiguration")
struct AgentConfigurationTests {
    @Test("what is not given has a default: the local gateway, the host's name, nothing allowed")
    func defaults() throws {
        let configuration = try parse([])
        #expect(configuration.gateway == Endpoint(host: "127.0.0.1", port: 9090))
        #expect(configuration.id == configuration.hostname && !configuration.id.isEmpty)
        #expect(configuration.allowedTasks.isEmpty && configuration.labels.isEmpty && configuration.token == nil)
        #expect(configuration.logPaths.isEmpty && configuration.containerHost == .standard)
        #expect(configuration.spoolBytes == 16 << 20 && configuration.logLevel == .info)
    }

    @Test("all options")
    func options() throws {
        let token = try TemporaryFile("  secret-1\n")
        let configuration = try parse([
            "--gateway", "gw.example:1234", "--id", "web-1", "--token-file", token.path, "--allow", "shell,docker",
            "--label", "zone=a", "--label", "env=prod", "--state-dir", "/var/lib/x", "--spool-bytes", "1MiB",
            "--log-level", "debug", "--log-format", "json", "--log-path", "/var/log/*.log", "--log-path",
            "/srv/app/log",
        ])
        #expect(configuration.gateway == Endpoint(host: "gw.example", port: 1234))
        #expect(configuration.id == "web-1" && configuration.token == "secret-1")
        #expect(configuration.allowedTasks == ["shell", "docker"])
        #expect(configuration.labels == ["zone": "a", "env": "prod"])
        #expect(configuration.stateDirectory == "/var/lib/x" && configuration.spoolBytes == 1 << 20)
        #expect(configuration.logPaths == ["/var/log/*.log", "/srv/app/log"])
        #expect(configuration.logLevel == .debug && configuration.logFormat == .json)
    }

    @Test("--docker-host is a socket of the file system, or none")
    func dockerHost() throws {
        #expect(try parse(["--docker-host", "unix:///run/x.sock"]).containerHost?.sockets == ["/run/x.sock"])
        #expect(try parse(["--docker-host", "none"]).containerHost == nil)
        #expect { _ = try parse(["--docker-host", "tcp://h:1"]) } throws: { ($0 as? AgentExit)?.code == 64 }
        // The variable of other programs: what it names may be nothing for this one.
        #expect(try parse([], ["DOCKER_HOST": "unix:///run/x.sock"]).containerHost?.sockets == ["/run/x.sock"])
        #expect(try parse([], ["DOCKER_HOST": "tcp://h:1"]).containerHost == nil)
    }

    @Test("--tls-ca turns TLS on, with the CAs of a file or of the system")
    func tls() throws {
        let files = try TestCertificates()
        try files.issue("agent", for: "DNS:agent")
        #expect(try parse([]).tls == nil)
        #expect(try parse(["--tls-ca", "system"]).tls != nil)
        let configuration = try parse([
            "--tls-ca", files.path("ca.pem"), "--tls-cert", files.path("agent.pem"), "--tls-key",
            files.path("agent.key"),
        ])
        #expect(configuration.tls != nil)
    }

    @Test(
        "options for TLS that do not go together, or files that are not usable, are a configuration error that names them",
        arguments: [
            (["--tls-ca", "/nonexistent"], "--tls-ca \"/nonexistent\": expected a PEM file"),
            (["--tls-ca", "/nonexistent"], "cannot be read: No such file or directory"),
            (["--tls-ca", "system", "--tls-cert", "/x"], "tls-key is not set"),
            (["--tls-ca", "system", "--tls-key", "/x"], "tls-cert is not set"),
            (["--tls-cert", "/x", "--tls-key", "/x"], "tls-ca is not set"),
            (["--tls-ca", "system", "--tls-cert", "/dev/null", "--tls-key", "/x"], "--tls-cert \"/dev/null\""),
        ])
    func badTLS(arguments: [String], said: String) {
        #expect { _ = try parse(arguments) } throws: {
            ($0 as? AgentExit)?.code == 78 && ($0 as? AgentExit)?.sentence?.contains(said) == true
        }
    }

    @Test("an id that no gateway would take is refused here", arguments: ["a b", "ü", "x/y"])
    func badID(id: String) {
        #expect { _ = try parse(["--id", id]) } throws: { ($0 as? AgentExit)?.code == 64 }
    }

    @Test(
        "a token file that cannot be read, or holds no token, is a configuration error",
        arguments: [
            nil, "", " \n", "two words", "caf\u{e9}",
        ])
    func badTokenFile(content: String?) throws {
        let file = try content.map { try TemporaryFile($0) }
        #expect { _ = try parse(["--token-file", file?.path ?? "/nonexistent/token"]) } throws: {
            ($0 as? AgentExit)?.code == 78
        }
    }

    @Test("the token of an enrolment is kept for the next start, and only for its agent")
    func tokenStore() throws {
        let directory = try TemporaryDirectory()
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = AgentConfiguration(
            gateway: Endpoint(host: "127.0.0.1", port: 1), id: "agent-1", version: "test")
        configuration.token = "enrolment"
        configuration.stateDirectory = directory.path
        let store = TokenStore(configuration, log: log)
        #expect(store.current == "enrolment")
        #expect(store.keep("own") == nil && store.current == "own")
        #expect(TokenStore(configuration, log: log).current == "own")
        var status = stat()
        #expect(stat(directory.path + "/token-agent-1", &status) == 0 && status.st_mode & 0o777 == 0o600)
        configuration.id = "agent-2"
        #expect(TokenStore(configuration, log: log).current == "enrolment")
    }

    @Test("a token that cannot be kept is not used: the next start would not have it")
    func tokenThatCannotBeKept() throws {
        let directory = try TemporaryDirectory()
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = AgentConfiguration(
            gateway: Endpoint(host: "127.0.0.1", port: 1), id: "agent-1", version: "test")
        configuration.token = "enrolment"
        let unkept = TokenStore(configuration, log: log)
        #expect(unkept.keep("own") == nil && unkept.current == "own", "nobody asked for it to be kept")
        configuration.stateDirectory = directory.path
        try #require(mkdir(directory.path + "/token-agent-1.new", 0o700) == 0)
        let store = TokenStore(configuration, log: log)
        #expect(store.keep("own")?.hasPrefix(directory.path) == true && store.current == "enrolment")
    }

    @Test("exit codes")
    func exitCodes() {
        let exits: [AgentExit] = [.clean, .usage(""), .configuration(""), .refused(""), .failure("")]
        #expect(exits.map(\.code) == [0, 64, 78, 77, 1])
    }

    private func parse(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> AgentConfiguration {
        let request = try AgentOptions.program(version: "test").parse(arguments, environment: environment)
        guard case .run(let invocation) = request else { throw AgentExit.failure("nothing to run") }
        return try AgentConfiguration(invocation, version: "test")
    }
}

/// Goes away with its value's last reference.
private final class TemporaryFile {
    let path: String

    init(_ content: String) throws {
        var template = Array("/tmp/sluice-agent-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let bytes = Array(content.utf8)
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { unlink(path) }
}
