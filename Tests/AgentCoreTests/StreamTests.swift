import Testing

@testable import AgentCore

@Suite("Streams of an agent", .serialized)
struct StreamTests {
    @Test("a stream starts at once, reports its generation and keeps its interval")
    func metrics() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.desire(1, [.init(ref: 4, type: "metrics", interval: 100)])
            try await eventually("samples") { gateway.state.samples.count >= 4 }
            let state = gateway.state
            #expect(state.states.first == .init(generation: 1, running: [4], rejected: [:]))
            #expect(state.samples.allSatisfy { $0.ref == 4 && $0.generation == 1 && $0.kind == "metrics cpu memory" })
            let span = state.samples[3].receivedAt - state.samples[0].receivedAt
            // 300 ms; on a busy machine the first may be received late, and the next is due all the same.
            #expect((100_000_000...10_000_000_000).contains(span))
        }
    }

    @Test("only the parts that are wanted are sampled")
    func parts() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.desire(1, [.init(ref: 1, type: "metrics", interval: 5000, parts: ["memory"])])
            try await eventually("a sample") { gateway.state.samples.first?.kind == "metrics memory" }
        }
    }

    @Test("an update goes on without a new first sample, and takes effect at once when it is shorter")
    func update() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.desire(1, [.init(ref: 1, type: "metrics", interval: 60_000)])
            try await eventually("the first sample") { gateway.state.samples.count == 1 }
            try await gateway.desire(2, [.init(ref: 1, type: "metrics", interval: 30_000)])
            try await eventually("it is applied") { gateway.state.states.last?.generation == 2 }
            #expect(gateway.state.samples.count == 1)
            try await gateway.desire(3, [.init(ref: 1, type: "metrics", interval: 100)])
            try await eventually("samples") { gateway.state.samples.count >= 3 }
            #expect(gateway.state.samples.last?.generation == 3)
        }
    }

    @Test("what is not listed stops; what the agent does not know is rejected")
    func stopAndReject() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.desire(
                1,
                [
                    .init(ref: 1, type: "metrics", interval: 100), .init(ref: 2, type: "weather"),
                    .init(ref: 3, type: "metrics", interval: 5), .init(ref: 5, type: "health_check", interval: 60_000),
                ])
            try await eventually("states") { !gateway.state.states.isEmpty }
            #expect(
                gateway.state.states.last
                    == .init(generation: 1, running: [1, 5], rejected: [2: "unsupported", 3: "failed"]))
            try await eventually("health") { gateway.state.samples.contains { $0.kind == "health_check" } }
            try await gateway.desire(2, [])
            try await eventually("it is applied") { gateway.state.states.last?.generation == 2 }
            let count = gateway.state.samples.count
            try await Task.sleep(for: .milliseconds(300))
            #expect(gateway.state.samples.count == count)
        }
    }

    @Test("a new connection begins with nothing, until it is told")
    func reconnect() async throws {
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            try await gateway.desire(9, [.init(ref: 1, type: "metrics", interval: 100)])
            try await eventually("samples") { gateway.state.samples.count >= 2 }
            try await gateway.dropConnection()
            try await eventually("another Hello") { gateway.state.hellos.count == 2 }
            let count = gateway.state.samples.count
            try await gateway.desire(1, [.init(ref: 2, type: "metrics", interval: 100)])
            try await eventually("samples of the new one") { gateway.state.samples.count >= count + 2 }
            #expect(gateway.state.samples[count...].allSatisfy { $0.ref == 2 && $0.generation == 1 })
        }
    }
}
