import Glibc
import Reactor
import Testing

/// A delegate that notes what happens; used on the loop only, but for its recorders.
private final class Peer: LinkDelegate {
    let received = Recorder<[UInt8]>()
    let ends = Recorder<LinkEnd>()
    let drains = Recorder<Int>()
    let badFrames = Recorder<LinkEnd.Reason>()
    let opened = Confined<Link?>(nil)
    var echoes = false
    var accepts = true

    func linkOpened(_ link: Link) {
        link.loop.preconditionInLoop()
        opened.value = link
    }

    func link(_ link: Link, received frames: Frames) -> Bool {
        for frame in frames {
            received.note(Array(frame))
            if echoes { #expect(link.send(frame)) }
        }
        return accepts
    }

    func linkReceivedBadFrame(_ link: Link, _ reason: LinkEnd.Reason) {
        badFrames.note(reason)
        #expect(link.send(Array("bye".utf8)))
    }

    func linkDrained(_ link: Link) {
        drains.note(1)
    }

    func linkClosed(_ link: Link, _ end: LinkEnd) {
        #expect(!link.isOpen)
        opened.value = nil
        ends.note(end)
    }
}

private let limits = LinkLimits(
    maxFrame: 100_000, maxOutput: 200_000, lowWater: 20_000, userTimeout: .seconds(5))

/// A listener, what it accepts and a client, on one loop.
private final class Scene: Sendable {
    let loop: EventLoop
    let listener: Listener
    let port: UInt16
    // Confined to the loop but for their recorders.
    let server = Confined(Peer())
    let client = Confined(Peer())

    init(_ loop: EventLoop) async throws {
        self.loop = loop
        let server = server
        listener = try await loop.run {
            try Listener(loop: loop, host: "127.0.0.1", port: 0, limits: limits) { peer in
                #expect(peer.hasPrefix("127.0.0.1:"))
                return server.value
            }
        }
        let listener = listener
        port = try await loop.run { listener.port }
    }

    func connect() async throws {
        _ = try await loop.run { [self] in
            Link.connect(
                on: loop, host: "127.0.0.1", port: port, timeout: .seconds(5), limits: limits, delegate: client.value)
        }
        try await eventually("both ends open") { [self] in
            try await loop.run { [self] in client.value.opened.value != nil && server.value.opened.value != nil }
        }
    }

    /// Runs the body on the loop with the open links.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (_ server: Link, _ client: Link) throws -> Value
    ) async throws -> Value {
        try await loop.run { [self] in
            try body(try #require(server.value.opened.value), try #require(client.value.opened.value))
        }
    }
}

private func withScene(_ body: (Scene) async throws -> Void) async throws {
    try await withLoop { try await body(try await Scene($0)) }
}

/// A plain socket connected to the scene's listener, on which the bytes have been written.
private func plainClient(of scene: Scene, writing bytes: [UInt8]) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = scene.port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafeBytes(of: address) { raw in
        connect(descriptor, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    try #require(result == 0)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    return descriptor
}

@Suite("A link")
struct LinkTests {
    @Test("brings frames of all sizes back from an echo")
    func echo() async throws {
        try await withScene { scene in
            try await scene.connect()
            try await scene.loop.run { scene.server.value.echoes = true }
            let payloads = [0, 1, 127, 128, 20_000, 100_000].map { size in
                (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            }
            for payload in payloads {
                let accepted = try await scene.run { _, client in client.send(payload) }
                #expect(accepted)
                try await eventually("the echo") { scene.client.value.received.all.last == payload }
            }
            #expect(scene.client.value.received.all == payloads)
        }
    }

    @Test("refuses output over its bound, and tells when it has drained")
    func backpressure() async throws {
        try await withScene { scene in
            try await scene.connect()
            let payload = [UInt8](repeating: 7, count: 50_000)
            try await scene.run { server, _ in server.pause() }
            var sent = 0
            while try await scene.run({ _, client in client.send(payload) }) { sent += 1 }
            let pending = try await scene.run { _, client in client.pendingBytes }
            #expect(pending <= limits.maxOutput)
            #expect(scene.server.value.received.count == 0)
            try await scene.run { server, _ in server.resume() }
            let expected = sent
            try await eventually("all that was accepted") { scene.server.value.received.count == expected }
            try await eventually("the drain") { scene.client.value.drains.count == 1 }
            let left = try await scene.run { _, client in client.pendingBytes }
            #expect(left == 0)
        }
    }

    @Test(
        "tells how a peer ended it",
        arguments: [
            ([0x01, 0x61], LinkEnd.Reason.closedByPeer, 1),
            ([0x01, 0x61, 0x05, 0x62], .truncated, 1),
            ([0x01, 0x61, 0xff, 0xff, 0xff, 0x7f], .frameTooLarge, 1),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .frameMalformed, 0),
        ] as [([UInt8], LinkEnd.Reason, Int)])
    func badPeers(bytes: [UInt8], reason: LinkEnd.Reason, frames: Int) async throws {
        try await withScene { scene in
            close(try plainClient(of: scene, writing: bytes))
            try await eventually("the end") { scene.server.value.ends.count == 1 }
            let end = scene.server.value.ends.all[0]
            #expect(end.reason == reason)
            #expect(!end.description.isEmpty)
            #expect(scene.server.value.received.count == frames)
            let isBad = reason == .frameTooLarge || reason == .frameMalformed
            #expect(scene.server.value.badFrames.all == (isBad ? [reason] : []))
        }
    }

    @Test("closes once, not from inside the call, and lets go of its delegate")
    func closing() async throws {
        try await withScene { scene in
            try await scene.connect()
            weak var delegate: Peer?
            let link = try await scene.run { server, client in
                client.close()
                client.close(afterFlushingWithin: .seconds(1))
                #expect(client.isOpen)
                #expect(!client.send([1]))
                return client
            }
            try await eventually("both ends") {
                scene.client.value.ends.count == 1 && scene.server.value.ends.count == 1
            }
            #expect(scene.client.value.ends.all[0].reason == .closedByUs)
            #expect(scene.server.value.ends.all[0].reason == .closedByPeer)
            try await scene.loop.run {
                #expect(!link.isOpen)
                link.pause()
                link.close()
                #expect(!link.send([1]))
            }
            delegate = scene.client.value
            scene.client.value = Peer()
            #expect(delegate == nil)
        }
    }

    @Test("delivers everything before a graceful close")
    func gracefulClose() async throws {
        try await withScene { scene in
            try await scene.connect()
            try await scene.run { server, client in
                for number in 0..<100 as Range<UInt8> { #expect(client.send([number])) }
                client.close(afterFlushingWithin: .seconds(10))
            }
            try await eventually("both ends") {
                scene.client.value.ends.count == 1 && scene.server.value.ends.count == 1
            }
            #expect(scene.server.value.received.all == (0..<100).map { [$0] })
            #expect(scene.server.value.ends.all[0].reason == .closedByPeer)
        }
    }

    @Test("ends when its delegate wants no more frames")
    func refusal() async throws {
        try await withScene { scene in
            try await scene.connect()
            try await scene.loop.run { scene.server.value.accepts = false }
            let accepted = try await scene.run { _, client in client.send([1]) }
            #expect(accepted)
            try await eventually("both ends") {
                scene.client.value.ends.count == 1 && scene.server.value.ends.count == 1
            }
            #expect(scene.server.value.ends.all[0].reason == .closedByUs)
        }
    }

    @Test("reports that nobody listens")
    func connectFails() async throws {
        try await withLoop { loop in
            let peer = Confined(Peer())
            _ = try await loop.run {
                Link.connect(
                    on: loop, host: "127.0.0.1", port: 1, timeout: .seconds(5), limits: limits, delegate: peer.value)
            }
            try await eventually("the end") { peer.value.ends.count == 1 }
            #expect(peer.value.ends.all[0].reason == .connectFailed)
            #expect(peer.value.ends.all[0].description == "cannot connect: Connection refused")
        }
    }

    @Test("ends with its loop")
    func loopStops() async throws {
        let loop = try EventLoop(name: "test")
        let scene = try await Scene(loop)
        try await scene.connect()
        loop.stop()
        loop.join()
        #expect(scene.client.value.ends.all.map(\.reason) == [.closedByUs])
        #expect(scene.server.value.ends.all.map(\.reason) == [.closedByUs])
    }

    @Test("a port that is in use is an error")
    func portInUse() async throws {
        try await withScene { scene in
            await #expect(throws: ReactorError.self) {
                _ = try await scene.loop.run {
                    try Listener(loop: scene.loop, host: "127.0.0.1", port: scene.port, limits: limits) { _ in nil }
                }
            }
        }
    }
}
