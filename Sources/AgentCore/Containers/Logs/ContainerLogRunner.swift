import Model
import Reactor

/// The stream `container_logs`: what a container prints, from some lines back on and then as it comes.
///
/// It goes on over restarts of the container, without a line missing or twice, and with a new container that takes over
/// the name. While there is none, or no engine, the stream says so, and waits for it. When the way to the gateway is full
/// the log is read no further: what is not read yet is kept by the engine.
final class ContainerLogRunner: StreamRunner {
    static let defaultInterval: Milliseconds = 250
    static let defaultTail: UInt32 = 100

    private let loop: EventLoop
    private let output: StreamOutput
    private let memory: ContainerLogMemory
    private let resource: String
    private var interval: Milliseconds
    /// Where the last connection left it.
    private let remembered: ContainerLogMemory.Entry?

    private var lines: ContainerLogLines
    /// Written once, in `init`: it hands over to this object.
    private var reader: ContainerLogReader!
    private var flushTimer: LoopTimer?
    private var lastFlush: MonotonicTime?

    init(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) {
        guard let containers = context.host.containers else {
            throw StreamRejection(code: .unsupported, message: "this agent was started with --docker-host none")
        }
        guard let name = ContainerName(spec.resource) else {
            throw StreamRejection(code: .notFound, message: "no container can be called \(spec.resource)")
        }
        let wanted = try Self.wanted(spec.config)
        loop = context.loop
        memory = containers.logMemory
        output = context.output
        resource = spec.resource
        interval = wanted.interval
        remembered = memory.take(resource, ref: spec.ref, after: wanted.after, now: .now)
        lines = ContainerLogLines(after: remembered?.lastSeq ?? 0)
        let place = remembered.map { ContainerPlace(container: $0.container.id, place: $0.place) }
        // unowned: the reader belongs to this object.
        reader = ContainerLogReader(
            of: name, on: containers.engine, from: place ?? .beginning, tail: wanted.tail,
            ContainerLogReader.Handlers(
                line: { [unowned self] in lines.append($0) },
                rest: { [unowned self] in flushSoon() },
                replaced: { [unowned self] in flush() },
                problem: { [unowned self] in output.report($0?.rejection) }))
    }

    func update(_ configuration: StreamConfiguration) throws(StreamRejection) {
        interval = try Self.wanted(configuration).interval
    }

    func drained() { flush() }

    func sessionLost() {
        // Lines that wait come again when the log is read on from the last that has been sent.
        let standing = reader.container.map {
            ContainerLogMemory.Entry(container: $0, place: sentPlace, lastSeq: lines.lastSeq)
        }
        guard let entry = standing ?? remembered else { return }
        memory.keep(entry, of: resource, ref: output.ref, now: .now)
    }

    private static func wanted(
        _ configuration: StreamConfiguration
    ) throws(StreamRejection) -> (interval: Milliseconds, tail: UInt32, after: UInt64?) {
        switch configuration {
        case .none: return (defaultInterval, defaultTail, nil)
        case .containerLogs(let interval, let tail, let after):
            return (min(max(interval ?? defaultInterval, 10), 60_000), tail ?? defaultTail, after)
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for container_logs")
        }
    }

    // MARK: - Sending

    /// Now, if the last frame is an interval back; else then.
    private func flushSoon() {
        let age = lastFlush.map { MonotonicTime.now.milliseconds(since: $0) } ?? interval
        if lines.isPlenty || age >= interval { return flush() }
        guard flushTimer == nil, !lines.isEmpty else { return }
        flushTimer = loop.schedule(after: .milliseconds(interval - age)) { [unowned self] in flush() }
    }

    private func flush() {
        flushTimer = nil
        if let container = reader.container {
            while !lines.isEmpty, output.hasRoom {
                let (first, batch) = lines.next()
                lastFlush = .now
                _ = output.send { batch.payload(of: container, from: first, in: $0) }
            }
        }
        reader.isPaused = lines.isFull
    }

    /// Behind the last line that has been sent.
    private var sentPlace: LogPlace { reader.place.before(lines.lines.map(\.timestamp)) }
}
