import Model

/// The stream `system_events`: what `SystemEventSource` has gathered.
final class SystemEventsRunner: StreamRunner {
    private let source: SystemEventSource
    private let output: StreamOutput

    init(_ spec: StreamSpec, _ context: StreamContext) throws(StreamRejection) {
        source = context.host.events
        output = context.output
        guard !source.stream.isAttached else {
            throw StreamRejection(code: .failed, message: "system_events runs already")
        }
        source.attach(context.output, at: try Self.position(spec.config), window: context.window)
    }

    deinit { source.stream.detach(output) }

    /// Where the gateway stands matters at the start only.
    func update(_ configuration: StreamConfiguration) throws(StreamRejection) { _ = try Self.position(configuration) }

    func acknowledge(upTo seq: UInt64) { source.stream.acknowledge(upTo: seq) }

    func resend(from seq: UInt64) { source.stream.resend(from: seq) }

    func drained() { source.stream.flush() }

    private static func position(_ configuration: StreamConfiguration) throws(StreamRejection) -> ReliablePosition? {
        switch configuration {
        case .none: return nil
        case .events(let position): return position
        default: throw StreamRejection(code: .failed, message: "the configuration is not one for system_events")
        }
    }
}
