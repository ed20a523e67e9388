import JSON
import TestSupport
import Testing

@Suite struct SelfTestTests {
    @Test("the self-test sends ten numbered events, each when it says, and ends")
    func selfTest() async throws {
        let gateway = try await TestGateway()
        let first = try EventSource(port: gateway.httpPort, "/selftest/sse")
        let gone = try EventSource(port: gateway.httpPort, "/selftest/sse")
        try await gone.hear(2, "selftest")
        gone.leave()
        try await first.hearEnd()
        let events = first.events("selftest")
        #expect(events.map { $0.data["n"]?.int } == (1...10).map { Int64($0) })
        let times = try events.map { try #require($0.data["sent_at"]?.string) }
        #expect(times == times.sorted() && Set(times).count == 10)
        #expect(first.events.last?.kind == "stream_end")
        #expect(first.events.last?.data["reason"] == .string("completed"))
        await gateway.stop()
    }

    /// As many self-tests as there may be, and one more; nil when one of them was over, or was not let in, before that
    /// one was answered: each lives for less than five seconds.
    private func fill(_ gateway: TestGateway) async throws -> (open: [EventSource], further: EventSource)? {
        let open = try (0..<100).map { _ in try EventSource(port: gateway.httpPort, "/selftest/sse") }
        for stream in open { try await eventually("an answer") { stream.isAnswered } }
        let further = try EventSource(port: gateway.httpPort, "/selftest/sse")
        try await eventually("an answer") { further.isAnswered }
        if open.allSatisfy({ !$0.isRefused && !$0.hasEnded && $0.events("stream_end").isEmpty }) {
            return (open, further)
        }
        for stream in open + [further] where !stream.isRefused { try await stream.hearEnd() }
        return nil
    }

    @Test("there are not more self-tests at once than strangers may have; others are told to come back")
    func bound() async throws {
        let gateway = try await TestGateway()
        var full: (open: [EventSource], further: EventSource)?
        for _ in 0..<5 where full == nil { full = try await fill(gateway) }
        guard let (open, further) = full else {
            Issue.record("there were never so many at once")
            return
        }
        #expect(further.isRefused && further.events.isEmpty && further.text.hasPrefix("retry:"))
        for stream in open { stream.leave() }
        // The gateway learns of that in its own time.
        var freed = further
        while freed.events.isEmpty {
            let stream = try EventSource(port: gateway.httpPort, "/selftest/sse")
            try await eventually("an answer") { stream.isAnswered }
            freed = stream
        }
        await gateway.stop()
    }
}

extension EventSource {
    fileprivate var isRefused: Bool { text.contains("under way") }
    fileprivate var isAnswered: Bool { isRefused || !events("selftest").isEmpty }
}
