import Testing

@testable import AgentCore

@Suite("HTTP as the container engine speaks it")
struct HTTPParsingTests {
    /// What comes out of an answer that comes in these pieces.
    private func parse(_ pieces: [[UInt8]], closed: Bool = true) throws -> (heads: [Int], body: String, ends: Int) {
        var parser = HTTPAnswerParser()
        var (heads, body, ends): ([Int], [UInt8], Int) = ([], [], 0)
        let sink: (HTTPAnswerParser.Event) -> Void = { event in
            switch event {
            case .head(let head): heads.append(head.status)
            case .body(let bytes): body += bytes
            case .end: ends += 1
            }
        }
        for piece in pieces { try piece.withUnsafeBytes { try parser.consume($0, into: sink) } }
        if closed { try parser.finish(into: sink) }
        return (heads, String(decoding: body, as: UTF8.self), ends)
    }

    private static let answers: [(text: String, status: Int, body: String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 200, ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, ""),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        ("HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nraw", 101, "raw"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 201, "ok"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\n\r\n", 200,
            "hello world"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\nx", 200,
            "0123456789"
        ),
    ]

    @Test("an answer is the same wherever it is cut in two", arguments: answers.indices)
    func everyCut(_ index: Int) throws {
        let (text, status, body) = Self.answers[index]
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            let parsed = try parse([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(parsed == ([status], body, 1), "cut at \(cut)")
        }
        #expect(try parse(bytes.map { [$0] }) == ([status], body, 1))
    }

    @Test(
        "what is no HTTP is refused",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 99999 X\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1e9\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1" + String(repeating: ";", count: 2_000),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "t: x\r\n", count: 2_000),
            "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 101) + "\r\n",
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 40_000),
        ])
    func garbage(_ text: String) {
        #expect(throws: HTTPViolation.self) { _ = try parse([Array(text.utf8)], closed: false) }
    }

    @Test(
        "an answer that breaks off is an error",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        ])
    func truncated(_ text: String) {
        #expect(throws: HTTPViolation.self) { _ = try parse([Array(text.utf8)]) }
    }

    @Test("a chunk of any size is passed on without being kept")
    func hugeChunk() throws {
        var decoder = ChunkedDecoder()
        var count = 0
        try Array("7FFFFFFFFFFF\r\n".utf8).withUnsafeBytes { _ = try decoder.consume($0) { count += $0.count } }
        let piece = [UInt8](repeating: 7, count: 1 << 16)
        for _ in 0..<64 { try piece.withUnsafeBytes { _ = try decoder.consume($0) { count += $0.count } } }
        #expect(count == 64 << 16 && !decoder.hasEnded)
    }

    @Test("nothing in a name leads out of its place in the path")
    func encoding() {
        #expect(HTTPCall.encoded("a/../b?c=d%20#é\r\n") == "a%2F..%2Fb%3Fc%3Dd%2520%23%C3%A9%0D%0A")
        #expect(HTTPCall.encoded("web-1_2.x~") == "web-1_2.x~")
        for name in ["", ".", "..", "/", "/..", "../x", "//x"] { #expect(ContainerName(name) == nil, "\(name)") }
        #expect(ContainerName("/web")?.path("json") == "/containers/web/json")
        #expect(ContainerName("a/../b")?.path("json") == "/containers/a%2F..%2Fb/json")
    }

    @Test("a request says how long its body is, and that it is the only one")
    func request() {
        let call = HTTPCall(.post, "/containers/create", [("name", "a b")], body: Array("{}".utf8))
        let text = String(decoding: call.bytes(prefix: "/v1.41"), as: UTF8.self)
        #expect(text.hasPrefix("POST /v1.41/containers/create?name=a%20b HTTP/1.1\r\nHost: docker\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n") && text.hasSuffix("\r\nContent-Length: 2\r\n\r\n{}"))
        let empty = String(decoding: HTTPCall(.post, "/x").bytes(prefix: ""), as: UTF8.self)
        #expect(empty.hasSuffix("\r\nContent-Length: 0\r\n\r\n"))
    }

    @Test("the newest version that both sides know is agreed on; without one there is an error")
    func versions() throws {
        func agreed(_ text: String) throws(EngineError) -> String { "\(try EngineVersion.agreed(Array(text.utf8)))" }
        #expect(try agreed(#"{"ApiVersion":"1.41","MinAPIVersion":"1.12"}"#) == "1.41")
        #expect(try agreed(#"{"ApiVersion":"1.99","MinAPIVersion":"1.44"}"#) == "1.51")
        #expect(try agreed(#"{"ApiVersion":"1.30"}"#) == "1.30")
        for text in [
            "", "[]", "{}", #"{"ApiVersion":"x"}"#, #"{"ApiVersion":"1.10"}"#,
            #"{"ApiVersion":"2.5","MinAPIVersion":"2.0"}"#,
        ] {
            #expect(throws: EngineError.self, "\(text)") { _ = try agreed(text) }
        }
    }
}
