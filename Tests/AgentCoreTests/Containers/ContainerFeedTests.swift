import Synchronization
import Testing

@testable import AgentCore

@Suite("Containers as a source of log lines", .serialized)
struct ContainerFeedTests {
    private static func list(_ names: [String]) -> FakeEngine.Reply {
        .json(200, "[" + names.map { #"{"Id":"\#($0)-id","Names":["/\#($0)"]}"# }.joined(separator: ",") + "]")
    }

    private static func detail(_ name: String, isRunning: Bool = true) -> FakeEngine.Reply {
        .json(
            200,
            #"{"Id":"\#(name)-id","Name":"/\#(name)","Config":{"Tty":false},"#
                + #""State":{"Running":\#(isRunning),"StartedAt":"1"}}"#)
    }

    private static func started(_ name: String) -> [UInt8] {
        Array(#"{"Type":"container","Action":"start","Actor":{"ID":"x","Attributes":{"name":"\#(name)"}}}"#.utf8)
            + [UInt8(ascii: "\n")]
    }

    private static func line(_ text: String, second: Int) -> [UInt8] {
        frame(1, "2100-01-01T00:00:0\(second).000000000Z \(text)\n")
    }

    private func withFeed(
        _ patterns: [String], events: FakeEngine.Reply = .open([streamHead]),
        _ answer: @escaping @Sendable (FakeEngine.Request) -> FakeEngine.Reply,
        _ body: (FakeEngine, ScriptedGateway, LogFixture) async throws -> Void
    ) async throws {
        let engine = FakeEngine(events: events, answer)
        let fixture = try LogFixture()
        defer {
            engine.stop()
            fixture.remove()
        }
        try await withAgent({
            $0.containerHost = engine.host
            $0.containerLogs = patterns
            $0.stateDirectory = fixture.state
        }) { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.wantLogs()
            try await body(engine, gateway, fixture)
        }
    }

    @Test("containers whose names match are read, from when the agent first looked on, and no others")
    func matching() async throws {
        try await withFeed(["shop*"]) { request in
            switch request.path {
            case "/containers/json": Self.list(["shop1", "other"])
            case "/containers/shop1/json": Self.detail("shop1")
            case "/containers/shop1-id/logs": .open([streamHead, Self.line("hello", second: 1)])
            default: .json(404, "{}")
            }
        } _: { engine, gateway, _ in
            try await gateway.expect(lines: ["hello"])
            let logs = try #require(engine.requests.first { $0.path == "/containers/shop1-id/logs" })
            #expect(logs.query["since"] != nil && logs.query["tail"] == nil)
            #expect(engine.count("/containers/other/json") == 0)
        }
    }

    @Test("a container that starts later is read from its first line on, and one that ends is not asked for again")
    func later() async throws {
        try await withFeed(["*"], events: .open([streamHead, Self.started("late")])) { request in
            switch request.path {
            case "/containers/json": Self.list([])
            case "/containers/late/json": Self.detail("late", isRunning: false)
            case "/containers/late-id/logs":
                .raw([streamHead, Self.line("first", second: 1), Self.line("last", second: 2)])
            default: .json(404, "{}")
            }
        } _: { engine, gateway, _ in
            try await gateway.expect(lines: ["first", "last"])
            try await eventually("it is looked at once more") { engine.count("/containers/late/json") == 2 }
            try await Task.sleep(for: .milliseconds(1_300))  // longer than from one look to the next
            #expect(engine.count("/containers/late/json") == 2)
            #expect(engine.count("/containers/late-id/logs") == 1)
        }
    }

    @Test("a name that would lead out of the directory of the spools is not followed")
    func hostileName() async throws {
        try await withFeed(["*", "*/*", "*/*/*"], events: .open([streamHead, Self.started("../../etc/x")])) { request in
            request.path == "/containers/json" ? Self.list(["../y", "."]) : .json(404, "{}")
        } _: { engine, _, fixture in
            try await eventually("the list") { engine.count("/containers/json") == 1 }
            try await eventually("it has looked") {
                directoryNames(fixture.state + "/containers-agent-1").contains("looked")
            }
            #expect(engine.requests.allSatisfy { $0.path == "/containers/json" })
            #expect(directoryNames(fixture.state + "/containers-agent-1") == ["looked"])
        }
    }

    @Test("a place is written as a word and read again; what is none is refused")
    func places() {
        let place = ContainerPlace(container: "4f0c", place: LogPlace(timestamp: 17, count: 3))
        #expect(ContainerPlace(text: place.text) == place)
        #expect(ContainerPlace(text: ContainerPlace.beginning.text) == .beginning)
        let open = ContainerPlace(
            container: "4f0c", place: LogPlace(timestamp: 17, count: 3, open: OpenLines(stdout: 4, stderr: 0)))
        #expect(ContainerPlace(text: open.text) == open)
        for text in [
            "", "::", "a:b:1", "a:1:-1", "a:1", "a:1:2:3", "a:1:2:-1:0", "a:1:2:x:0", "a:1:2:3:4:5",
            String(repeating: "x", count: 200) + ":1:1",
        ] {
            #expect(ContainerPlace(text: text) == nil, "\(text)")
        }
    }

    @Test("a path tells the container whose spool it is")
    func paths() {
        #expect(ContainerSpool.container(ofPath: "/var/lib/a/containers-x/web.1.container-spool") == "web.1")
        #expect(ContainerSpool.container(ofPath: "/var/log/web.log") == nil)
    }
}
