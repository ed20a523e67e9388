import Glibc
import Testing

@testable import AgentCore

/// A directory with log files, for the time of a test.
struct LogFixture {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-logs-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try #require(mkdir(path + "/state", 0o700) == 0)
    }

    var state: String { path + "/state" }
    var pattern: String { path + "/*.log" }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func append(_ text: String, to name: String) throws { try append(Array(text.utf8), to: name) }

    func append(_ bytes: [UInt8], to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    /// In two pieces, between which nothing waits for other tests.
    func append(_ text: String, thenShortlyAfter rest: String, to name: String) throws {
        try append(text, to: name)
        usleep(100_000)
        try append(rest, to: name)
    }

    func append(lines: ClosedRange<Int>, of tag: String = "line", to name: String) throws {
        try append(Self.lines(lines, of: tag).joined(separator: "\n") + "\n", to: name)
    }

    static func lines(_ range: ClosedRange<Int>, of tag: String = "line") -> [String] { range.map { "\(tag) \($0)" } }

    func rename(_ name: String, to other: String) throws { try #require(Glibc.rename(file(name), file(other)) == 0) }

    func delete(_ name: String) throws { try #require(unlink(file(name)) == 0) }

    func truncate(_ name: String) throws { try #require(Glibc.truncate(file(name), 0) == 0) }

    func remove() {
        let nested = directoryNames(state).map { "\(state)/\($0)" }
        for directory in nested + [state, path] {
            for name in directoryNames(directory) { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
    }

    /// The state as a `kill -9` at this moment would leave it.
    func copyState(to other: String) throws {
        mkdir(other, 0o700)
        for name in directoryNames(state) {
            let bytes = try #require(StateFile.contents("\(state)/\(name)"))
            _ = StateFile.replace("\(other)/\(name)", with: bytes)
        }
    }
}

/// An agent that follows the fixture's log files, and a gateway that wants them.
func withLogs(
    keepsState: Bool = false, gateway prepare: @escaping @Sendable (ScriptedGateway) -> Void = { _ in },
    _ body: (ScriptedGateway, RunningAgent, LogFixture) async throws -> Void
) async throws {
    let fixture = try LogFixture()
    defer { fixture.remove() }
    try fixture.append("old\n", to: "a.log")
    try await withAgent(
        {
            $0.logPaths = [fixture.pattern]
            if keepsState { $0.stateDirectory = fixture.state }
        }, gateway: prepare
    ) { gateway, agent in
        try await eventually("a Hello") { gateway.state.isOpen }
        try await gateway.wantLogs()
        try await body(gateway, agent, fixture)
    }
}

extension ScriptedGateway {
    static let logsRef: UInt32 = 3

    func wantLogs(_ generation: UInt64 = 1, interval: UInt32 = 20) async throws {
        let wanted = [Wanted(ref: Self.logsRef, type: "log_aggregation", interval: interval)]
        try await configure { $0.standing = wanted }
        try await desire(generation, wanted)
        try await eventually("the stream runs") { self.state.states.last?.running == [Self.logsRef] }
    }

    /// Waits until exactly these lines have come, in any order of the files.
    func expect(
        lines: [String], within limit: Duration = .seconds(40), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await eventually("\(lines.count) lines", within: limit, sourceLocation: sourceLocation) {
            self.lineCount >= lines.count
        }
        let stream = reliable("log_aggregation")
        #expect(stream.items.count == lines.count, sourceLocation: sourceLocation)
        // As a flag: the difference of thousands of lines takes minutes to describe.
        let areTheSame = stream.items.sorted() == lines.sorted()
        #expect(areTheSame, sourceLocation: sourceLocation)
        #expect(stream.gaps.isEmpty && stream.holes.isEmpty, sourceLocation: sourceLocation)
    }

    /// The lines came in this order.
    func expect(order lines: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        let isTheOrder = self.lines == lines
        #expect(isTheOrder, sourceLocation: sourceLocation)
    }
}
