import Logging
import Reactor
import Wire

/// Runs the streams that the gateway wants, and tells it which ones run. Loop's thread only.
final class StreamManager {
    private let loop: EventLoop
    private let host: HostServices
    private let registry: StreamRegistry
    private let log: Logger
    /// unowned: the agent owns the session and this object, and drops both at its end.
    private unowned let sink: any FrameSink
    private var applier = DesiredStateApplier()
    private var running: [UInt32: (runner: any StreamRunner, output: StreamOutput)] = [:]
    let counters = StreamCounters()
    /// Of the present session: bytes of a reliable stream that may wait for an acknowledgement.
    var window = Welcome.defaultStreamWindow

    init(loop: EventLoop, host: HostServices, registry: StreamRegistry, log: Logger, sink: any FrameSink) {
        self.loop = loop
        self.host = host
        self.registry = registry
        self.log = log
        self.sink = sink
    }

    /// For the heartbeats: what the gateway's last list was that is in force.
    var appliedGeneration: UInt64 { applier.generation }

    /// Converges on the list. An older one than that in force is ignored; the answer says which one is.
    func apply(generation: UInt64, _ desired: [StreamSpec]) {
        for action in applier.apply(generation: generation, desired: desired) ?? [] { perform(action) }
        for stream in running.values { stream.output.generation = applier.generation }
        sendStates()
    }

    /// The session is over: nothing is wanted any more.
    func reset() {
        for stream in running.values { stream.runner.sessionLost() }
        for ref in applier.reset() { stop(ref) }
    }

    // MARK: - Reliable streams

    func acknowledge(_ ref: UInt32, upTo seq: UInt64) { running[ref]?.runner.acknowledge(upTo: seq) }

    func resend(_ ref: UInt32, from seq: UInt64) { running[ref]?.runner.resend(from: seq) }

    /// There is room again on the way to the gateway.
    func drained() {
        for stream in running.values { stream.runner.drained() }
    }

    // MARK: -

    private func perform(_ action: DesiredStateApplier.Action) {
        switch action {
        case .stop(let ref): stop(ref)
        case .start(let spec): trying(spec.ref) { () throws(StreamRejection) in try start(spec) }
        case .update(let spec):
            trying(spec.ref) { () throws(StreamRejection) in try running[spec.ref]?.runner.update(spec.config) }
        }
    }

    private func start(_ spec: StreamSpec) throws(StreamRejection) {
        let output = StreamOutput(ref: spec.ref, generation: applier.generation, sink: sink, counters: counters)
        let context = StreamContext(loop: loop, host: host, output: output, window: window)
        running[spec.ref] = (try registry.make(spec, context), output)
        // unowned: this object outlives its streams.
        output.onTrouble = { [unowned self] in sendStates() }
        log.debug("stream started", metadata: ["type": "\(spec.type)", "ref": "\(spec.ref)"])
    }

    private func stop(_ ref: UInt32) {
        guard running.removeValue(forKey: ref) != nil else { return }
        log.debug("stream stopped", metadata: ["ref": "\(ref)"])
    }

    private func trying(_ ref: UInt32, _ body: () throws(StreamRejection) -> Void) {
        do {
            try body()
        } catch {
            stop(ref)
            applier.reject(ref: ref, error)
            log.notice("stream rejected: \(error.message)", metadata: ["ref": "\(ref)"])
        }
    }

    private func sendStates() {
        let troubles = running.compactMapValues { $0.output.trouble }
        let refs = applier.running.keys.filter { troubles[$0] == nil }.sorted()
        let rejected = applier.rejected.merging(troubles) { first, _ in first }.sorted { $0.key < $1.key }
        sink.send { arena in
            .streamStates(
                arena.make { states in
                    wireSet(&states.has_applied_generation, &states.applied_generation, applier.generation)
                    states.n_running_refs = refs.count
                    states.running_refs = arena.copyScalars(refs)
                    states.n_rejected = rejected.count
                    states.rejected = arena.makeList(count: rejected.count) { index, message in
                        wireSet(&message.has_stream_ref, &message.stream_ref, rejected[index].key)
                        message.code = arena.copy(rejected[index].value.code.rawValue)
                        message.message = arena.copy(rejected[index].value.message)
                    }
                })
        }
    }
}
