import Logging
import Reactor
import Wire

/// One running stream. Made by its row of the registry, stopped by letting go of it. Loop's thread only.
protocol StreamRunner: AnyObject {
    /// The configuration has changed; what the stream has gathered or counted goes on.
    func update(_ configuration: StreamConfiguration) throws(StreamRejection)
    /// Reliable streams: the gateway has everything up to `seq` safe.
    func acknowledge(upTo seq: UInt64)
    /// Reliable streams: the gateway wants everything from `seq` on again.
    func resend(from seq: UInt64)
    /// There is room again for what waits to be sent.
    func drained()
    /// The connection is gone, and this stream ends.
    func sessionLost()
}

extension StreamRunner {
    func acknowledge(upTo seq: UInt64) {}
    func resend(from seq: UInt64) {}
    func drained() {}
    func sessionLost() {}
}

/// What a stream needs of the agent.
struct StreamContext {
    let loop: EventLoop
    let host: HostServices
    let output: StreamOutput
    /// Bytes of a reliable stream that may wait for an acknowledgement.
    let window: Int
}

/// The way of one stream to the gateway.
///
/// Samples of periodic streams are worth nothing later: while there is no room they are not even taken. Frames of
/// reliable streams wait for room.
final class StreamOutput {
    let ref: UInt32
    /// unowned: the session outlives every stream.
    private unowned let sink: any FrameSink
    private let counters: StreamCounters
    /// Of the desired streams that are applied.
    var generation: UInt64
    /// Why the stream has nothing to send at present, as the gateway was told.
    private(set) var trouble: StreamRejection?
    /// `trouble` has changed.
    var onTrouble: () -> Void = {}

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
        if send(body) { counters.sentSamples += 1 } else { counters.skippedSamples += 1 }
    }

    /// Sends a frame that is not kept. False: nothing was sent.
    func send(_ body: (WireArena) -> WirePayload) -> Bool {
        sink.send { arena in
            let payload = body(arena)
            return .streamData(
                arena.make { data in
                    wireSet(&data.has_stream_ref, &data.stream_ref, ref)
                    wireSet(&data.has_generation, &data.generation, generation)
                    wireSet(&data.has_at_unix_ns, &data.at_unix_ns, unixNanoseconds())
                    data.payload = payload
                })
        }
    }

    /// The stream goes on, but waits for something; nil: no longer.
    func report(_ trouble: StreamRejection?) {
        guard trouble != self.trouble else { return }
        self.trouble = trouble
        onTrouble()
    }

    /// The way to the gateway is open and short enough for a frame that can wait.
    var hasRoom: Bool { sink.hasRoom }

    /// Sends a frame of a reliable stream. False: nothing was sent.
    func send(_ frame: ReliableFrame, origin: UInt64) -> Bool {
        sink.sendStreamData(payload: frame.batch.payload) { arena in
            arena.make { data in
                wireSet(&data.has_stream_ref, &data.stream_ref, ref)
                wireSet(&data.has_generation, &data.generation, generation)
                wireSet(&data.has_seq, &data.seq, frame.batch.numbers.upperBound)
                wireSet(&data.has_origin, &data.origin, origin)
                wireSet(&data.has_at_unix_ns, &data.at_unix_ns, unixNanoseconds())
                guard let gap = frame.gap else { return }
                data.gap = arena.make { range in
                    wireSet(&range.has_from_seq, &range.from_seq, gap.lowerBound)
                    wireSet(&range.has_to_seq, &range.to_seq, gap.upperBound)
                }
            }
        }
    }
}

/// What has become of the samples of all streams since the agent started.
final class StreamCounters {
    var sentSamples: UInt64 = 0
    /// Not taken, or not sent, because too much was waiting for the network.
    var skippedSamples: UInt64 = 0
}
