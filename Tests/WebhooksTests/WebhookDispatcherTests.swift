import JSON
import Logging
import Model
import Reactor
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// Over real sockets, with waits and backoffs short enough for a test.
@Suite("Delivery to webhooks") struct WebhookDispatcherTests {
    private static func dispatcher(
        _ receivers: HTTPReceiver..., secret: String? = nil,
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ change: (inout WebhookSettings) -> Void = { _ in }
    ) throws -> WebhookDispatcher {
        var settings = WebhookSettings(
            urls: try receivers.map { try #require(WebhookURL($0.url)) }, secret: secret.map { Array($0.utf8) },
            externalURL: "http://gateway:8080", userAgent: "Sluice/test")
        settings.limits.groupWait = 20
        settings.limits.backoff.firstCeiling = 10
        settings.limits.backoff.lastCeiling = 40
        change(&settings)
        return WebhookDispatcher(settings, log: log)
    }

    @Test("a burst arrives as one POST, with the headers that are documented")
    func burst() async throws {
        let receiver = try HTTPReceiver()
        let dispatcher = try Self.dispatcher(receiver)
        dispatcher.submit((1...5).map { alert($0) })
        try await eventually("it is delivered") { dispatcher.counters.delivered == 1 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
        let request = try #require(receiver.requests.first)
        #expect(receiver.requests.count == 1)
        #expect(request.json?["alerts"]?.array?.count == 5)
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["user-agent"] == "Sluice/test")
        #expect(request.headers["x-sluice-signature"] == nil)
        #expect(request.headers["expect"] == nil)
        #expect(request.delivery?.hasPrefix("dlv_") == true)
        let time = try #require(request.headers["x-sluice-timestamp"].flatMap { Int64($0) })
        #expect(abs(time - Int64(SystemClock.wallMilliseconds / 1_000)) < 60)
    }

    @Test("the signature is the HMAC of the body as it arrives")
    func signature() async throws {
        let receiver = try HTTPReceiver()
        let dispatcher = try Self.dispatcher(receiver, secret: "s3cret")
        dispatcher.submit([alert()])
        try await receiver.hear(1)
        await dispatcher.close(within: 1_000)
        receiver.stop()
        let request = receiver.requests[0]
        let expected = Secrets.hex(Secrets.hmacSHA256(key: Array("s3cret".utf8), request.body))
        #expect(request.headers["x-sluice-signature"] == "sha256=\(expected)")
    }

    @Test(
        "what fails is repeated with the same id and the same bytes until it is taken",
        arguments: [
            HTTPReceiver.Answer.status(500), .status(429), .status(408), .reset, .noise(Array("nonsense\n".utf8)),
        ])
    func retry(answer: HTTPReceiver.Answer) async throws {
        let receiver = try HTTPReceiver { _, number in number < 4 ? answer : .status(204) }
        let dispatcher = try Self.dispatcher(receiver)
        dispatcher.submit([alert()])
        try await eventually("it is delivered") { dispatcher.counters.delivered == 1 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
        #expect(receiver.requests.count == 4)
        #expect(Set(receiver.requests.map(\.delivery)).count == 1)
        #expect(Set(receiver.requests.map(\.body)).count == 1)
        #expect(dispatcher.counters.attempts == 4 && dispatcher.counters.failedAttempts == 3)
    }

    @Test("a receiver that hangs costs an attempt its timeout and is asked again")
    func timeout() async throws {
        let receiver = try HTTPReceiver { _, number in number < 2 ? .hang : .status(200) }
        let dispatcher = try Self.dispatcher(receiver) { $0.timeout = 100 }
        dispatcher.submit([alert()])
        try await eventually("it is delivered") { dispatcher.counters.delivered == 1 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
        // On a busy machine an answer that comes may come too late as well.
        #expect(dispatcher.counters.failedAttempts >= 1)
    }

    @Test("Retry-After is honoured")
    func retryAfter() async throws {
        let times = Mutex<[ContinuousClock.Instant]>([])
        let receiver = try HTTPReceiver { _, number in
            times.withLock { $0.append(.now) }
            return number == 1 ? .status(429, headers: ["Retry-After: 1"]) : .status(200)
        }
        let dispatcher = try Self.dispatcher(receiver)
        dispatcher.submit([alert()])
        try await eventually("it is delivered") { dispatcher.counters.delivered == 1 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
        let seen = times.withLock { $0 }
        #expect(seen[1] - seen[0] >= .milliseconds(1_000))
    }

    @Test("what is refused is neither repeated nor followed elsewhere", arguments: [400, 302])
    func refusal(status: Int) async throws {
        let elsewhere = try HTTPReceiver()
        let location = "Location: \(elsewhere.url)"
        let receiver = try HTTPReceiver { _, _ in .status(status, headers: [location]) }
        let dispatcher = try Self.dispatcher(receiver)
        dispatcher.submit([alert()])
        try await eventually("it is given up") { dispatcher.counters.droppedRefused == 1 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
        elsewhere.stop()
        #expect(receiver.requests.count == 1 && elsewhere.requests.isEmpty)
        #expect(dispatcher.pending.isEmpty)
    }

    @Test("the alerts of a rule arrive in their order, also over failures")
    func order() async throws {
        let receiver = try HTTPReceiver { _, number in number.isMultiple(of: 3) ? .status(200) : .status(503) }
        let dispatcher = try Self.dispatcher(receiver) { $0.limits.groupWait = 0 }
        for number in 1...10 {
            dispatcher.submit([alert(number)])
            try await eventually("it is tried") { dispatcher.counters.attempts >= UInt64(number) }
        }
        try await eventually("all is delivered") { dispatcher.counters.waiting == 0 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
        let delivered = receiver.requests.enumerated().filter { ($0.offset + 1).isMultiple(of: 3) }.map(\.element)
        let hosts = delivered.flatMap { request in
            (request.json?["alerts"]?.array ?? []).compactMap { $0["labels"]?["agent_id"]?.string }
        }
        #expect(hosts == (1...10).map { "web\($0)" })
    }

    @Test("one that hangs delays neither who submits nor the others")
    func hanging() async throws {
        let hanging = try HTTPReceiver { _, _ in .hang }
        let fine = try HTTPReceiver()
        let dispatcher = try Self.dispatcher(hanging, fine)
        dispatcher.submit([alert(1, rule: "first")])
        try await hanging.hear(1)
        let began = ContinuousClock.now
        dispatcher.submit([alert(2, rule: "second")])
        #expect(ContinuousClock.now - began < .seconds(2))
        try await eventually("the other one has both") { fine.requests.compactMap(\.rule) == ["first", "second"] }
        // On a busy machine the attempt may have timed out and been repeated by now; nothing else has been tried.
        #expect(Set(hanging.requests.compactMap(\.rule)) == ["first"])
        await dispatcher.close(within: 0)
        hanging.stop()
        fine.stop()
    }

    @Test("close ends what hangs, and what is left is pending and can be restored")
    func closing() async throws {
        let hanging = try HTTPReceiver { _, _ in .hang }
        let dispatcher = try Self.dispatcher(hanging)
        dispatcher.submit([alert(1, rule: "first")])
        try await hanging.hear(1)
        dispatcher.submit([alert(2, rule: "second")])
        let began = ContinuousClock.now
        await dispatcher.close(within: 50)
        #expect(ContinuousClock.now - began < .seconds(8))
        hanging.stop()
        dispatcher.submit([alert(3, rule: "third")])
        let pending = dispatcher.pending
        #expect(pending.map(\.rule) == ["first", "second", "third"])
        #expect(pending[0].attempts >= 1 && pending.dropFirst().allSatisfy { $0.attempts == 0 })

        let receiver = try HTTPReceiver()
        let next = try Self.dispatcher(receiver)
        next.restore(
            pending.map { notification in
                var moved = notification
                moved.url = receiver.url
                return moved
            } + [pending[0]])
        try await eventually("all is delivered") { next.counters.delivered == 3 }
        await next.close(within: 1_000)
        receiver.stop()
        #expect(receiver.requests.compactMap(\.delivery) == pending.map(\.id.text))
        #expect(next.counters.droppedUnknown == 1)
    }

    @Test("close still delivers what waits for company")
    func closingDelivers() async throws {
        let receiver = try HTTPReceiver()
        let dispatcher = try Self.dispatcher(receiver) { $0.limits.groupWait = 3_600_000 }
        dispatcher.submit([alert(1, rule: "a"), alert(1, rule: "b")])
        await dispatcher.close(within: 10_000)
        receiver.stop()
        #expect(receiver.requests.count == 2)
        #expect(dispatcher.pending.isEmpty)
    }

    @Test("while a receiver is away, what waits is bounded, and what is dropped is counted")
    func bound() async throws {
        let hanging = try HTTPReceiver { _, _ in .hang }
        let dispatcher = try Self.dispatcher(hanging) { $0.limits.notifications = 10 }
        dispatcher.submit([alert(rule: "first")])
        try await hanging.hear(1)
        dispatcher.submit((1...30).map { alert(rule: "r\($0)") })
        #expect(dispatcher.counters.waiting == 10)
        #expect(dispatcher.counters.droppedFull == 21)
        #expect(dispatcher.pending.map(\.rule) == ["first"] + (22...30).map { "r\($0)" })
        await dispatcher.close(within: 0)
        hanging.stop()
    }

    @Test("an answer without end counts by its status, and is not read to its end")
    func endlessAnswer() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n".utf8)
        let receiver = try HTTPReceiver { _, _ in .noise(head + [UInt8](repeating: 0x78, count: 100_000)) }
        let dispatcher = try Self.dispatcher(receiver)
        dispatcher.submit([alert()])
        try await eventually("it is delivered") { dispatcher.counters.delivered == 1 }
        await dispatcher.close(within: 1_000)
        receiver.stop()
    }

    @Test("nobody listening is a failure like others, logged once with the host and never with the path")
    func log() async throws {
        let receiver = try HTTPReceiver()
        receiver.stop()
        let lines = Mutex<[String]>([])
        let dispatcher = try Self.dispatcher(
            receiver, log: Logger(label: "test") { _ in RecordingLog { line in lines.withLock { $0.append(line) } } })
        dispatcher.submit([alert()])
        try await eventually("it has failed thrice") { dispatcher.counters.failedAttempts >= 3 }
        await dispatcher.close(within: 0)
        let logged = lines.withLock { $0 }
        #expect(logged.count == 1)
        #expect(logged.first?.contains("127.0.0.1:\(receiver.port)") == true)
        #expect(logged.first?.contains("/hook") == false)
    }

    @Test("pending alerts and empty submissions make no notification")
    func nothingToTell() async throws {
        let receiver = try HTTPReceiver()
        let dispatcher = try Self.dispatcher(receiver)
        dispatcher.submit([])
        dispatcher.submit([alert(1, .pending)])
        #expect(dispatcher.counters.waiting == 0)
        await dispatcher.close(within: 1_000)
        receiver.stop()
    }
}

/// A log that a test can read.
private struct RecordingLog: LogHandler {
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    let record: @Sendable (String) -> Void

    init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { record("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
