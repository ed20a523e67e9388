import HTTPAPI
import JSON
import Logging
import Model
import Reactor
import Service
import Testing

/// Answers every stream request with what it was asked for, or not at all.
private struct EchoOpener: StreamOpener {
    func open(_ stream: StreamOpening, on exchange: HTTPExchange) {
        guard stream.target != .subscription(SubscriptionID("sub_dropped")) else { return }
        let text = "\(stream.target) \(stream.lastEventID ?? "none") \(stream.isOverLimit)"
        exchange.reply(HTTPResponse(status: 200, headers: stream.headers, body: Array(text.utf8)))
        exchange.reply(HTTPResponse(status: 500))
    }
}

@Suite("HTTP over sockets", .serialized)
struct HTTPServerTests {
    /// Runs the body against a server of its own.
    private func withServer(
        _ gateway: FakeGateway = FakeGateway(), limits: HTTPLimits = HTTPLimits(),
        _ body: (RawHTTPClient, HTTPServer, EventLoop) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "test")
        let router = Router(gateway)
        let (server, port) = try await loop.run {
            let server = try HTTPServer(
                loop: loop, limits: limits, router: router, opener: EchoOpener())
            return (server, try server.listen(host: "127.0.0.1", port: 0))
        }
        do {
            try await body(RawHTTPClient(port: port), server, loop)
        } catch {
            Issue.record(error)
        }
        try await loop.run { server.close() }
        loop.stop()
        loop.join()
    }

    @Test("answers with the router's answer")
    func answers() async throws {
        try await withServer { client, _, _ in
            let agents = try await client.call("GET", "/agents?per_page=5")
            #expect(agents.status == 200)
            #expect(agents.headers["content-type"] == "application/json")
            #expect(agents.headers["content-length"] == "\(agents.body.count)")
            #expect(agents.json?["agents"]?[0]?["agent_id"] == .string("a1"))
            let created = try await client.call(
                "POST", "/subscriptions", #"{"stream_type":"metrics","agent_id":"a1","config":{"interval":"1s"}}"#)
            #expect(created.status == 201)
            #expect(created.headers["location"] == "/subscriptions/sub_1")
            #expect(try await client.call("DELETE", "/subscriptions/sub_1").status == 204)
            #expect(try await client.call("GET", "/agents/a1%00").status == 400)
        }
    }

    @Test("HEAD sends the length and no body; methods that are not the API's are 405")
    func methods() async throws {
        try await withServer { client, _, _ in
            let head = try await client.call("HEAD", "/agents")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers["content-length"].flatMap { Int($0) } ?? 0 > 0)
            for method in ["TRACE", "PATCH", "PUT"] {
                let answer = try await client.call(method, "/agents")
                #expect(answer.status == 405, "\(method)")
                #expect(answer.headers["allow"] == "GET, HEAD, OPTIONS")
            }
            #expect(try await client.call("OPTIONS", "/agents").status == 204)
        }
    }

    @Test("bodies that are too long, not declared or of another type are refused in JSON")
    func bodies() async throws {
        try await withServer { client, _, _ in
            let huge = #"{"agent_id":"a1","cmd":""# + String(repeating: "x", count: 2 * 1024 * 1024) + "\"}"
            let tooLong = try await client.call("POST", "/tasks/shell", huge)
            #expect(tooLong.status == 413)
            #expect(tooLong.json?["code"] == .string("body_too_large"))
            let undeclared = try await client.call("POST", "/tasks/shell")
            #expect(undeclared.status == 411)
            let form = try await client.exchange(
                "POST /tasks/shell HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n{}")
            #expect(form.status == 415)
            #expect(form.text.contains("-H 'Content-Type: application/json'"))
            let chunked = try await client.exchange(
                "POST /sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
                    + "Content-Type: application/json\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
            #expect(chunked.status == 201)
        }
    }

    @Test("floods of headers and garbage are refused in JSON")
    func garbage() async throws {
        try await withServer { client, _, _ in
            let flood = try await client.call("GET", "/agents", headers: (0..<5_000).map { "X-\($0): 0123456789" })
            #expect(flood.status == 431)
            #expect(flood.json?["code"]?.string != nil)
            let garbage = try await client.exchange("\u{1}\u{2}\u{3} garbage\r\n\r\n")
            #expect(garbage.status == 400 || garbage.status == 405)
            #expect(try await client.call("GET", "/agents").status == 200)
        }
    }

    @Test("stream requests go to the opener, which answers once; a dropped exchange answers 500")
    func streams() async throws {
        try await withServer { client, _, _ in
            let stream = try await client.call("GET", "/streams/sub_1", headers: ["Last-Event-ID: e.4"])
            #expect(stream.status == 200)
            #expect(stream.text.contains("sub_1"))
            #expect(stream.text.hasSuffix("e.4 false"))
            let dropped = try await client.call("GET", "/streams/sub_dropped")
            #expect(dropped.status == 500)
        }
    }

    @Test("a token travels in the Authorization header")
    func tokens() async throws {
        let gateway = FakeGateway {
            $0.tokens["s3cret"] = Principal(token: TokenName("ops"), role: .viewer, scope: .all, expires: nil)
        }
        try await withServer(gateway) { client, _, _ in
            let refused = try await client.call("GET", "/agents")
            #expect(refused.status == 401)
            #expect(try await client.call("GET", "/agents", headers: ["Authorization: Bearer s3cret"]).status == 200)
            #expect(try await client.call("GET", "/healthz").status == 200)
            #expect(gateway.state.audit.first?.peer.hasPrefix("127.0.0.1:") == true)
        }
    }

    @Test("beyond the limit of connections only health is told, and streams are asked to come back")
    func overLimit() async throws {
        var limits = HTTPLimits()
        limits.connections = 0
        try await withServer(limits: limits) { client, server, loop in
            let agents = try await client.call("GET", "/agents")
            #expect(agents.status == 503)
            #expect(agents.headers["retry-after"] != nil)
            #expect(try await client.call("GET", "/healthz").status == 200)
            #expect(try await client.call("GET", "/streams/sub_1").text.hasSuffix("true"))
            #expect(try await loop.run { server.connections.overLimit } == 3)
        }
    }

    @Test("many clients at once are all answered")
    func concurrency() async throws {
        try await withServer { client, server, loop in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 { group.addTask { try await client.call("GET", "/tasks/task_1").status } }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await loop.run { server.connections.accepted } == 200)
        }
    }
}
