import Testing
import Wire

@testable import AgentCore

/// Takes what is sent, or has no room.
private final class Sink: FrameSink {
    var hasRoom = true
    let maximumFrame = 1 << 20
    var accepts = true
    var frames: [[UInt8]] = []
    private let arena = WireArena()

    func send(_ build: (WireArena) -> WireAgentBody) -> Bool {
        defer { arena.reset() }
        guard accepts else { return false }
        frames.append(arena.agentMessage(build(arena)).encoded())
        return true
    }

    func sendStreamData(payload: [UInt8], _ build: (WireArena) -> UnsafeMutablePointer<WireStreamData>) -> Bool {
        send { .streamData(build($0)) }
    }
}

@Suite("StreamOutput")
struct StreamOutputTests {
    @Test("while the network is behind, a sample is not even taken")
    func noRoom() {
        let sink = Sink()
        let counters = StreamCounters()
        let output = StreamOutput(ref: 1, generation: 1, sink: sink, counters: counters)
        sink.hasRoom = false
        var taken = 0
        output.sendSample { arena in
            taken += 1
            return .metrics(arena.make())
        }
        #expect(taken == 0 && sink.frames.isEmpty && counters.skippedSamples == 1 && counters.sentSamples == 0)
        sink.hasRoom = true
        output.sendSample { .metrics($0.make()) }
        #expect(sink.frames.count == 1 && counters.sentSamples == 1)
    }

    @Test("a sample that could not be sent counts as skipped")
    func notAccepted() {
        let sink = Sink()
        let counters = StreamCounters()
        let output = StreamOutput(ref: 1, generation: 1, sink: sink, counters: counters)
        sink.accepts = false
        output.sendSample { .metrics($0.make()) }
        #expect(counters.skippedSamples == 1 && counters.sentSamples == 0)
    }
}
