import JSON
import Reactor
import Synchronization
import Testing

@testable import AgentCore

@Suite("What is asked of a container engine")
struct EngineCallTests {
    private static let chunkedHead = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

    /// What a test has heard, and what it keeps of the loop.
    ///
    /// @unchecked Sendable because `call` is touched on the loop only, and `said` has its mutex.
    private final class Asked: @unchecked Sendable {
        var call: EngineCall?
        let said = Mutex<[String]>([])
        func say(_ text: String) { said.withLock { $0.append(text) } }
        var texts: [String] { said.withLock { $0 } }
    }

    private func withCall(
        _ reply: FakeEngine.Reply, _ begin: @escaping @Sendable (ContainerEngine, Asked) -> EngineCall,
        _ body: (Asked, EventLoop) async throws -> Void
    ) async throws {
        let engine = FakeEngine { _ in reply }
        defer { engine.stop() }
        let loop = try EventLoop(name: "test")
        let asked = Asked()
        let host = engine.host
        try await loop.run { asked.call = begin(ContainerEngine(loop: loop, host: host), asked) }
        try await body(asked, loop)
        try await loop.run { asked.call = nil }
        loop.stop()
    }

    @Test("an answer may be let go at its first piece, while others have come with it")
    func letGo() async throws {
        let pieces = (1...5).flatMap { Array("3\r\na\($0)\n\r\n".utf8) }
        try await withCall(
            .open([Self.chunkedHead + pieces]),
            { engine, asked in
                engine.stream(
                    HTTPCall(.get, "/x"),
                    EngineCall.Handlers(
                        body: {
                            asked.say(String(decoding: $0, as: UTF8.self))
                            asked.call = nil
                        }, end: { _ in asked.say("end") }))
            }
        ) { asked, loop in
            try await eventually("the first piece") { !asked.texts.isEmpty }
            try await loop.run {}
            #expect(asked.texts == ["a1\n"])
        }
    }

    @Test("an answer that stalls in its middle is none, where it has to be there as a whole")
    func stalls() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".utf8)
        try await withCall(
            .open([head]),
            { engine, asked in
                engine.json(HTTPCall(.get, "/x"), timeout: .milliseconds(200)) { result in
                    if case .failure(let error) = result { asked.say(error.sentence) }
                }
            }
        ) { asked, _ in
            try await eventually("it is given up") { asked.texts == ["the container engine does not answer"] }
        }
    }

    @Test("an answer that is read as it comes may take longer than its beginning")
    func streams() async throws {
        let mayEnd = FirstTime()
        try await withCall(
            .until([streamHead + Array("a".utf8)]) { mayEnd.hasPassed },
            { engine, asked in
                engine.stream(
                    HTTPCall(.get, "/x"), timeout: .milliseconds(200),
                    EngineCall.Handlers(
                        head: { _ in asked.say("head") }, body: { _ in asked.say("body") },
                        end: { asked.say($0?.sentence ?? "end") }))
            }
        ) { asked, loop in
            try await eventually("its beginning") { asked.texts == ["head", "body"] }
            try await Task.sleep(for: .milliseconds(400))  // longer than the timeout
            _ = mayEnd.isFirst
            try await eventually("its end") { asked.texts == ["head", "body", "end"] }
        }
    }
}
