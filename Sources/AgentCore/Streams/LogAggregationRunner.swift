import Model

/// The stream `log_aggregation`: the lines of the files of `--log-path`, of the journal, and of containers.
final class LogAggregationRunner: StreamRunner {
    private let source: LogSource
    private let output: StreamOutput

    init(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) {
        guard let source = context.host.logs else {
            throw StreamRejection(
                code: .unsupported, message: "this agent was started without --log-path, --journal and --container-log")
        }
        guard !source.stream.isAttached else {
            throw StreamRejection(code: .failed, message: "log_aggregation runs already")
        }
        let wanted = try Self.wanted(spec.config)
        self.source = source
        output = context.output
        source.attach(context.output, at: wanted.position, window: context.window, interval: wanted.interval)
    }

    deinit { source.stream.detach(output) }

    func update(_ configuration: StreamConfiguration) throws(StreamRejection) {
        source.update(interval: try Self.wanted(configuration).interval)
    }

    func acknowledge(upTo seq: UInt64) { source.stream.acknowledge(upTo: seq) }

    func resend(from seq: UInt64) { source.stream.resend(from: seq) }

    func drained() { source.drained() }

    private static func wanted(
        _ configuration: StreamConfiguration
    ) throws(StreamRejection) -> (interval: Milliseconds?, position: ReliablePosition?) {
        switch configuration {
        case .none: return (nil, nil)
        case .logs(let interval, _, let position):
            // Longer than this the lines would wait for no gain.
            return (interval.map { min(max($0, 10), 60_000) }, position)
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for log_aggregation")
        }
    }
}
