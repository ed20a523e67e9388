import Model
import Reactor
import class TestSupport.TestCertificates
import Testing

@testable import AgentCore

@Suite("TLS with the gateway")
struct TLSTests {
    @Test("an agent connects over TLS, and a large output comes whole")
    func connects() async throws {
        let files = try TestCertificates()
        try files.issue("gateway", for: "IP:127.0.0.1")
        let agent = try files.client()
        let server = try files.server()
        try await withAgent {
            $0.tls = agent
        } gateway: {
            $0.tls = server
        } _: { gateway, _ in
            try await gateway.waitForHello()
            try await gateway.runShell("t", "seq 50000")
            try await eventually("all has come") { gateway.task("t").finalIsStored }
            #expect(gateway.task("t").lines.count == 50_000 && gateway.task("t").texts.last == "50000")
        }
    }

    @Test("an agent that does not trust the gateway's CA stays away, and comes when it does")
    func otherAuthority() async throws {
        let files = try TestCertificates()
        try files.makeAuthority("other")
        try files.makeAuthority("trusted")
        try files.issue("gateway", for: "IP:127.0.0.1", by: "other")
        let trust = try files.client(authority: "trusted")
        let server = try files.server()
        try await withAgent {
            $0.tls = trust
        } gateway: {
            $0.tls = server
        } _: { gateway, agent in
            try await eventually("it has been refused") { gateway.state.failures.contains(.certificateRefused) }
            #expect(gateway.state.hellos.isEmpty)
            try files.replace("trusted.pem", by: "other.pem")
            try await agent.reload()
            try await gateway.waitForHello()
        }
    }

    @Test("a certificate for another host is refused, until the gateway has one for its own")
    func otherName() async throws {
        let files = try TestCertificates()
        try files.issue("gateway", for: "DNS:gateway.example")
        let server = try files.server()
        let client = try files.client()
        try await withAgent {
            $0.tls = client
        } gateway: {
            $0.tls = server
        } _: { gateway, _ in
            try await eventually("it has been refused") { gateway.state.failures.contains(.certificateRefused) }
            #expect(gateway.state.hellos.isEmpty)
            try files.issue("gateway", for: "IP:127.0.0.1")
            try server.reload()
            try await gateway.waitForHello()
        }
    }

    @Test("a gateway that demands a certificate gets it, and refuses an agent without")
    func mutual() async throws {
        let files = try TestCertificates()
        try files.issue("gateway", for: "IP:127.0.0.1")
        try files.issue("agent", for: "DNS:agent")
        let server = try files.server(demanding: "ca")
        let named = try files.client(identity: "agent")
        let nameless = try files.client()
        try await withAgent {
            $0.tls = named
        } gateway: {
            $0.tls = server
        } _: { gateway, _ in
            try await gateway.waitForHello()
        }
        try await withAgent {
            $0.tls = nameless
        } gateway: {
            $0.tls = server
        } _: { gateway, _ in
            try await eventually("it has been refused") { gateway.state.failures.contains(.missingCertificate) }
            #expect(gateway.state.hellos.isEmpty)
        }
    }

    @Test("reading certificates anew leaves the connection alone, also where they are bad")
    func reload() async throws {
        let files = try TestCertificates()
        try files.issue("gateway", for: "IP:127.0.0.1")
        let server = try files.server()
        let client = try files.client()
        try await withAgent {
            $0.tls = client
        } gateway: {
            $0.tls = server
        } _: { gateway, agent in
            try await gateway.waitForHello()
            try files.makeAuthority("ca")
            try files.issue("gateway", for: "IP:127.0.0.1")
            try server.reload()
            try await agent.reload()
            try await gateway.runShell("t1", "echo still here")
            try await eventually("the task is over") { gateway.task("t1").finalIsStored }
            try await gateway.dropConnection()
            try await gateway.waitForHello(2)
            try files.write("torn", to: "ca.pem")
            try await agent.reload()
            try await gateway.dropConnection()
            try await gateway.waitForHello(3)
        }
    }

    @Test("what keeps agent and gateway apart is told with what to do about it")
    func advice() async throws {
        let files = try TestCertificates()
        try files.issue("gateway", for: "IP:127.0.0.1")
        let server = try files.server(demanding: "ca")
        let client = try files.client()
        let withClient = try await Caller.end(from: server, to: client)
        #expect(
            withClient
                == "the gateway demands a client certificate: start the agent with --tls-cert and --tls-key")
        let plain = try await Caller.end(from: server, to: nil)
        #expect(
            plain
                == "the peer speaks nothing but TLS on this port: start the agent with --tls-ca")
    }
}

/// Sends a frame and hears how the link ends.
private final class Caller: LinkDelegate {
    private let ended: (LinkEnd) -> Void

    private init(_ ended: @escaping (LinkEnd) -> Void) { self.ended = ended }

    func linkOpened(_ link: Link) {}
    func link(_ link: Link, received frames: Frames) -> Bool { true }
    func linkClosed(_ link: Link, _ end: LinkEnd) { ended(end) }

    static func end(from server: TLSContext, to client: TLSContext?) async throws -> String {
        let gateway = try await ScriptedGateway()
        try await gateway.configure { $0.tls = server }
        let loop = try EventLoop(name: "caller")
        let text = await withCheckedContinuation { continuation in
            loop.execute {
                let link = Link.connect(
                    on: loop, host: "127.0.0.1", port: gateway.port, timeout: .seconds(10),
                    limits: GatewaySession.limits, tls: client,
                    delegate: Caller { continuation.resume(returning: $0.advice) })
                _ = link.send([UInt8](repeating: 1, count: 100))
            }
        }
        loop.stop()
        return text
    }
}

extension TestCertificates {
    fileprivate func server(demanding authority: String? = nil) throws -> TLSContext {
        try .server(
            .init(certificate: path("gateway.pem"), key: path("gateway.key")),
            clientAuthorities: authority.map { path("\($0).pem") }, peer: "the agent")
    }

    fileprivate func client(authority: String = "ca", identity: String? = nil) throws -> TLSContext {
        try .client(
            .file(path("\(authority).pem")),
            identity: identity.map { .init(certificate: path("\($0).pem"), key: path("\($0).key")) },
            peer: "the gateway")
    }
}

extension ScriptedGateway {
    fileprivate func waitForHello(_ count: Int = 1) async throws {
        try await eventually("the agent is there") { state.hellos.count >= count && state.isOpen }
    }
}
