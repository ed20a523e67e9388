import Logging
import Reactor
import Wire

/// One running stream. Made by its row of the registry, stopped by letting go of it. Loop's thread only.
protocol StreamRunner: AnyObject {
    /// The configuration has changed; what the stream has gathered or counted goes on.
    func update(_ configuration: StreamConfiguration) throws(StreamRejection)
}

/// What a stream needs of the agent.
struct StreamContext {
    let loop: EventLoop
    let host: HostServices
    let output: StreamOutput
}

/// The way of one stream to the gateway.
///
/// Samples of periodic streams are worth nothing later: while there is no room they are not even taken.
final class StreamOutput {
    let ref: UInt32
    /// unowned: the session outlives every stream.
    private unowned let sink: any FrameSink
    private let counters: StreamCounters
    /// Of the desired streams that are applied.
    var generation: UInt64

    init(ref: UInt32, generation: UInt64, sink: any FrameSink, counters: StreamCounters) {
        self.ref = ref
        self.generation = generation
        self.sink = sink
        self.counters = counters
    }

    /// Sends one sample, unless the network is behind: then it is skipped, and `body` is not called.
    func sendSample(_ body: (WireArena) -> WirePayload) {
        guard sink.hasRoom else {
            counters.skippedSamples += 1
            return
        }
        let wasSent = sink.send { arena in
            let payload = body(arena)
            return .streamData(
                arena.make { data in
                    wireSet(&data.has_stream_ref, &data.stream_ref, ref)
                    wireSet(&data.has_generation, &data.generation, generation)
                    wireSet(&data.has_at_unix_ns, &data.at_unix_ns, unixNanoseconds())
                    data.payload = payload
                })
        }
        if wasSent { counters.sentSamples += 1 } else { counters.skippedSamples += 1 }
    }
}

/// What has become of the samples of all streams since the agent started.
final class StreamCounters {
    var sentSamples: UInt64 = 0
    /// Not taken, or not sent, because too much was waiting for the network.
    var skippedSamples: UInt64 = 0
}
