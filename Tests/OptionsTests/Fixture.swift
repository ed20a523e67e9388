import Glibc
import Options
import Testing

/// A program with an option of every kind.
enum Fixture {
    static let bind = Option<Endpoint>.endpoint("http-bind", default: "127.0.0.1:8080", help: "Where browsers connect")
    static let linger = Option<Int>.duration("linger", default: "2s", in: 0...60_000, help: "Time until a stop")
    static let loops = Option<Int>.integer("loops", default: 2, in: 1...64, help: "Client loops")
    static let size = Option<Int>.byteSize("spool-bytes", default: "64MiB", in: 1_024...1 << 40, help: "Spool")
    static let isPublic = Option<Bool>.boolean("metrics-public", help: "Metrics without a token")
    static let format = Option<String>.choice("log-format", of: ["text", "json"], default: "text", help: "Log format")
    static let dataDirectory = Option<String>.string("data-dir", default: "./sluice-data", help: "Data directory")
    static let certificate = Option<String?>.string("tls-cert", placeholder: "FILE", help: "Certificate")
    static let allow = Option<[String]>.list("allow", allowed: ["shell", "docker", "deploy"], help: "Allowed tasks")
    static let paths = Option<[String]>.list("log-path", placeholder: "GLOB", help: "Logs")
    static let labels = Option<[String: String]>.pairs("label", help: "Labels")
    static let docker = Option<String?>.string("docker-host", help: "Docker").honouring(variable: "DOCKER_HOST")
    static let name = Option<String?>.string("name", flagOnly: true, help: "Name")

    static let program = Program(
        name: "sluice", version: "1.2.3", summary: "Streams",
        commands: [
            Command(
                ["serve"], summary: "Run the gateway",
                groups: [
                    OptionGroup("Network", [bind, linger, loops, isPublic, certificate]),
                    OptionGroup("Other", [size, format, dataDirectory, allow, paths, labels, docker]),
                ]),
            Command(
                ["token", "create"], summary: "Make a token",
                groups: [OptionGroup("Token", [name, labels, dataDirectory])]),
            Command(
                ["token", "revoke"], summary: "End a token", positionals: [Positional("NAME", help: "Of the token")],
                groups: [OptionGroup("Where", [dataDirectory])]),
        ])

    /// Parses `serve` with these sources.
    static func serve(
        _ arguments: [String] = [], environment: [String: String] = [:], yaml: String? = nil
    ) throws -> Invocation {
        guard let yaml else { return try run(["serve"] + arguments, environment: environment) }
        return try withFile(yaml) { path in
            try run(["serve", "--config", path] + arguments, environment: environment)
        }
    }

    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Invocation {
        switch try program.parse(arguments, environment: environment) {
        case .run(let invocation): return invocation
        case .print(let text):
            Issue.record("unexpected text: \(text)")
            throw OptionError.usage("printed")
        }
    }

    static func error(_ body: () throws -> Invocation) -> OptionError? {
        #expect(throws: OptionError.self) { _ = try body() }
    }

    /// `FILE` stands for the path in the messages that come out.
    static func fileError(_ yaml: String) -> OptionError? {
        var path = ""
        let error = Self.error {
            try withFile(yaml) {
                path = $0
                return try run(["serve", "--config", $0])
            }
        }
        guard var error else { return nil }
        error.messages = error.messages.map { "FILE" + $0.dropFirst($0.hasPrefix(path) ? path.count : 0) }
        return error
    }

    private static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/sluice-options-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let bytes = Array(text.utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { unlink(path) }
        return try body(path)
    }
}
