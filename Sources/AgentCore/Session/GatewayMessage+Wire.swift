import Model
import Wire

/// A frame that is a message, but not one that makes sense.
struct ProtocolViolation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension GatewayMessage {
    /// Checks and copies a message; nothing of it is needed afterwards.
    init(_ message: UnsafePointer<WireServerMessage>) throws(ProtocolViolation) {
        self =
            switch message.pointee.message {
            case .welcome(let welcome): .welcome(try Welcome(welcome.pointee))
            case .refusal(let refusal): .refusal(Refusal(refusal.pointee))
            case .heartbeat: .heartbeat
            case .desiredStreams(let streams): try Self.desiredStreams(streams.pointee)
            case .taskRequest(let request): .taskRequest(try TaskOrder(request.pointee))
            case .taskCancel(let cancel): .taskCancel(try taskID(cancel.pointee.task_id))
            case .ack(let ack): .acknowledgement(try Acknowledgement(ack.pointee))
            case .systemInfoRequest(let request): .systemInfoRequest(try SystemInfoOrder(request.pointee))
            case .containersRequest(let request): .containersRequest(id: wireString(request.pointee.request_id))
            case .goodbye(let goodbye): .goodbye(Goodbye(goodbye.pointee))
            case .resend(let resend): try Self.resend(resend.pointee)
            case .unknown: .unknown
            }
    }

    private static func desiredStreams(_ wire: WireDesiredStreams) throws(ProtocolViolation) -> GatewayMessage {
        guard let generation = wireValue(wire.has_generation, wire.generation), generation > 0 else {
            throw ProtocolViolation("desired streams without a generation")
        }
        var streams: [StreamSpec] = []
        for stream in WireList(wire.n_streams, wire.streams) { streams.append(try StreamSpec(stream.pointee)) }
        return .desiredStreams(generation: generation, streams)
    }

    private static func resend(_ wire: WireResend) throws(ProtocolViolation) -> GatewayMessage {
        guard let ref = wireValue(wire.has_stream_ref, wire.stream_ref),
            let seq = wireValue(wire.has_from_seq, wire.from_seq)
        else { throw ProtocolViolation("a Resend without a stream or a number") }
        return .resend(ref: ref, from: seq)
    }
}

private func taskID(_ field: UnsafePointer<CChar>?) throws(ProtocolViolation) -> TaskID {
    guard let text = wireString(field), IdentifierRules.isValid(text) else {
        throw ProtocolViolation("a task id that is missing or not allowed")
    }
    return TaskID(text)
}

extension Welcome {
    static let allowedHeartbeats: ClosedRange<Milliseconds> = 100...3_600_000
    static let defaultHeartbeat: Milliseconds = 10_000
    /// A frame must have room for a line of the greatest length and what is around it.
    static let smallestFrame = 96 * 1024
    static let largestFrame = 1 << 20
    static let defaultStreamWindow = 1 << 20

    fileprivate init(_ wire: WireWelcome) throws(ProtocolViolation) {
        let heartbeat = wireValue(wire.has_heartbeat_ms, wire.heartbeat_ms).map(Milliseconds.init)
        let frame = wireValue(wire.has_max_frame_bytes, wire.max_frame_bytes).map(Int.init)
        guard Self.allowedHeartbeats.contains(heartbeat ?? Self.defaultHeartbeat) else {
            throw ProtocolViolation("a heartbeat of \(heartbeat ?? 0) ms in the Welcome")
        }
        guard frame ?? Self.largestFrame >= Self.smallestFrame else {
            throw ProtocolViolation("a frame limit of \(frame ?? 0) bytes in the Welcome")
        }
        var tasks: [TaskStanding] = []
        for task in WireList(wire.n_tasks, wire.tasks) { tasks.append(try TaskStanding(task.pointee)) }
        self.init(
            sessionID: wireString(wire.session_id) ?? "", heartbeat: heartbeat ?? Self.defaultHeartbeat,
            maximumFrame: min(frame ?? Self.largestFrame, Self.largestFrame), tasks: tasks,
            gatewayVersion: wireString(wire.gateway_version) ?? "", agentToken: wireString(wire.agent_token),
            streamWindow: wireValue(wire.has_stream_window_bytes, wire.stream_window_bytes).map(Int.init)
                ?? Self.defaultStreamWindow)
    }
}

extension TaskStanding {
    fileprivate init(_ wire: WireTaskState) throws(ProtocolViolation) {
        self.init(
            id: try taskID(wire.task_id), lastSeq: wireValue(wire.has_last_seq, wire.last_seq) ?? 0,
            isFinal: wireFlag(wire.has_is_final, wire.is_final))
    }
}

extension Refusal {
    fileprivate init(_ wire: WireRefusal) {
        self.init(
            code: wireValue(wire.has_code, wire.code).flatMap { Code(rawValue: $0.rawValue) } ?? .unknown,
            message: wireString(wire.message) ?? "",
            retryAfter: wireValue(wire.has_retry_after_ms, wire.retry_after_ms).map(Milliseconds.init))
    }
}

extension Goodbye {
    fileprivate init(_ wire: WireGoodbye) {
        self.init(
            wireValue(wire.has_reason, wire.reason).flatMap { Reason(rawValue: $0.rawValue) } ?? .unspecified,
            wireString(wire.message) ?? "",
            retryAfter: wireValue(wire.has_retry_after_ms, wire.retry_after_ms).map(Milliseconds.init))
    }
}

extension Acknowledgement {
    fileprivate init(_ wire: WireAck) throws(ProtocolViolation) {
        let seq = wireValue(wire.has_up_to_seq, wire.up_to_seq) ?? 0
        if wire.task_id != nil {
            self = .task(try taskID(wire.task_id), upTo: seq, isFinal: wireFlag(wire.has_is_final, wire.is_final))
        } else if let ref = wireValue(wire.has_stream_ref, wire.stream_ref) {
            self = .stream(ref: ref, upTo: seq)
        } else {
            throw ProtocolViolation("an acknowledgement of nothing")
        }
    }
}

extension TaskOrder {
    fileprivate init(_ wire: WireTaskRequest) throws(ProtocolViolation) {
        let command: Command =
            switch wire.task {
            case .shellExecute(let shell): .shell(Array(shell.pointee.cmd.rawBytes))
            case .dockerOperation(let operation): Command(operation.pointee)
            case .deployment(let deployment):
                .deployment(
                    WireList(deployment.pointee.n_steps, deployment.pointee.steps).map { TaskStep($0.pointee) })
            case .unknown: .unsupported(kind: "unknown")
            }
        let timeout = wireValue(wire.has_timeout_ms, wire.timeout_ms).map(Milliseconds.init)
        self.init(id: try taskID(wire.task_id), timeout: timeout == 0 ? nil : timeout, command: command)
    }
}

extension TaskOrder.Command {
    fileprivate init(_ wire: WireDockerOperation) {
        let variables = WireList(wire.n_env, wire.env).map {
            "\(wireString($0.pointee.name) ?? "")=\(wireString($0.pointee.value) ?? "")"
        }
        do {
            self = .docker(
                try DockerOrder(
                    operation: wireString(wire.operation) ?? "", image: wireString(wire.image),
                    container: wireString(wire.container), arguments: wireStrings(wire.n_args, wire.args),
                    environment: variables))
        } catch {
            self = .invalid(kind: "docker", reason: error.reason)
        }
    }
}

extension TaskStep {
    fileprivate init(_ wire: WireDeploymentStep) {
        let timeout = wireValue(wire.has_timeout_ms, wire.timeout_ms).map(Milliseconds.init)
        self.init(
            name: wireBytes(wire.name).map { Array($0) } ?? [], command: Array(wire.cmd.rawBytes),
            timeout: timeout == 0 ? nil : timeout)
    }
}

extension SystemInfoOrder {
    fileprivate init(_ wire: WireSystemInfoRequest) throws(ProtocolViolation) {
        self.init(
            requestID: wireString(wire.request_id),
            includeHardware: wireFlag(wire.has_include_hardware, wire.include_hardware),
            includeSoftware: wireFlag(wire.has_include_software, wire.include_software),
            includeNetwork: wireFlag(wire.has_include_network, wire.include_network))
    }
}

extension StreamSpec {
    fileprivate init(_ wire: WireDesiredStream) throws(ProtocolViolation) {
        let resource = wireString(wire.resource) ?? ""
        guard let ref = wireValue(wire.has_stream_ref, wire.stream_ref), let type = wireString(wire.stream_type) else {
            throw ProtocolViolation("a desired stream without a ref or a type")
        }
        guard resource.isEmpty || IdentifierRules.isValid(resource, allowingSlash: true) else {
            throw ProtocolViolation("a desired stream with a resource that is not allowed")
        }
        self.init(ref: ref, type: type, resource: resource, config: StreamConfiguration(wire.config, of: type))
    }
}

extension ReliablePosition {
    /// Nil for a gateway that names no count.
    fileprivate init?(seq: UInt64?, origin: UInt64?) {
        guard let origin else { return nil }
        self.init(seq: seq ?? 0, origin: origin)
    }
}

extension StreamConfiguration {
    fileprivate init(_ wire: WireStreamConfig, of type: String) {
        func interval(_ has: Int32, _ value: UInt32) -> Milliseconds? { wireValue(has, value).map(Milliseconds.init) }
        switch wire {
        case .metricsRequest(let request):
            let request = request.pointee
            self = .metrics(
                interval: interval(request.has_interval_ms, request.interval_ms),
                parts: wireStrings(request.n_metrics, request.metrics))
        case .healthCheckRequest(let request):
            let request = request.pointee
            self = .healthCheck(
                interval: interval(request.has_interval_ms, request.interval_ms),
                includeMetrics: wireFlag(request.has_include_metrics, request.include_metrics),
                includeServices: wireFlag(request.has_include_services, request.include_services))
        case .logRequest(let request) where type == "container_logs":
            let request = request.pointee
            self = .containerLogs(
                interval: interval(request.has_interval_ms, request.interval_ms),
                tail: wireValue(request.has_tail, request.tail),
                after: wireValue(request.has_after_seq, request.after_seq))
        case .logRequest(let request):
            let request = request.pointee
            self = .logs(
                interval: interval(request.has_interval_ms, request.interval_ms),
                tail: wireValue(request.has_tail, request.tail),
                after: ReliablePosition(
                    seq: wireValue(request.has_after_seq, request.after_seq),
                    origin: wireValue(request.has_origin, request.origin)))
        case .eventRequest(let request):
            let request = request.pointee
            self = .events(
                after: ReliablePosition(
                    seq: wireValue(request.has_after_seq, request.after_seq),
                    origin: wireValue(request.has_origin, request.origin)))
        case .unknown:
            self = .none
        }
    }
}
