package import Wire

/// One message of a gateway, as a value.
package enum GatewaySaid: Equatable {
    package struct TaskState: Equatable {
        package var id: String
        package var lastSeq: UInt64
        package var isFinal: Bool
        package init(id: String, lastSeq: UInt64, isFinal: Bool) {
            self.id = id
            self.lastSeq = lastSeq
            self.isFinal = isFinal
        }
    }

    package struct Welcome: Equatable {
        package var session: String
        package var heartbeat: UInt32
        package var maxFrameBytes: UInt32
        package var gatewayVersion: String?
        package var agentToken: String?
        /// In the order of their ids.
        package var tasks: [TaskState]

        package init(
            session: String, heartbeat: UInt32, maxFrameBytes: UInt32, gatewayVersion: String?, agentToken: String?,
            tasks: [TaskState]
        ) {
            self.session = session
            self.heartbeat = heartbeat
            self.maxFrameBytes = maxFrameBytes
            self.gatewayVersion = gatewayVersion
            self.agentToken = agentToken
            self.tasks = tasks
        }
    }

    package struct Stream: Equatable {
        package var ref: UInt32
        package var type: String
        package var interval: UInt32?
        package var parts: [String]
        /// Of a reliable stream: what the gateway has stored; of a container's log: the last line that has come.
        package var stored: Stored?

        package struct Stored: Equatable {
            package var origin: UInt64
            package var seq: UInt64
            package init(origin: UInt64, seq: UInt64) {
                self.origin = origin
                self.seq = seq
            }
        }

        package init(ref: UInt32, type: String, interval: UInt32?, parts: [String] = []) {
            self.ref = ref
            self.type = type
            self.interval = interval
            self.parts = parts
        }
    }

    package struct Step: Equatable {
        package var name: String
        package var command: String
        package var timeout: UInt32?

        package init(name: String, command: String, timeout: UInt32? = nil) {
            self.name = name
            self.command = command
            self.timeout = timeout
        }
    }

    package struct Docker: Equatable {
        package var operation: String
        package var image: String?
        package var container: String?
        package var arguments: [String]
        /// `NAME=value`.
        package var environment: [String]

        package init(
            operation: String, image: String? = nil, container: String? = nil, arguments: [String] = [],
            environment: [String] = []
        ) {
            self.operation = operation
            self.image = image
            self.container = container
            self.arguments = arguments
            self.environment = environment
        }
    }

    case welcome(Welcome)
    case refusal(code: WireRefusalCode, message: String, retryAfter: UInt32?)
    case heartbeat(sentAt: UInt64)
    case desired(generation: UInt64, [Stream])
    case taskRequest(id: String, command: String, timeout: UInt32)
    case deploymentRequest(id: String, deployment: String, [Step], timeout: UInt32)
    case taskCancel(id: String)
    case ack(task: String, upTo: UInt64, isFinal: Bool)
    case systemInfoRequest
    case containersRequest(id: String)
    case dockerRequest(id: String, Docker, timeout: UInt32)
    case goodbye(reason: WireGoodbyeReason, message: String, retryAfter: UInt32?)
    case streamAck(stream: UInt32, upTo: UInt64)
    case resend(stream: UInt32, from: UInt64)
    case unknown

    init(_ body: WireServerBody) {
        switch body {
        case .welcome(let welcome): self = .welcome(Welcome(welcome.pointee))
        case .refusal(let refusal):
            let refusal = refusal.pointee
            self = .refusal(
                code: refusal.code, message: wireString(refusal.message) ?? "",
                retryAfter: wireValue(refusal.has_retry_after_ms, refusal.retry_after_ms))
        case .heartbeat(let beat): self = .heartbeat(sentAt: beat.pointee.sent_at_unix_ns)
        case .desiredStreams(let desired):
            self = .desired(
                generation: desired.pointee.generation,
                WireList(desired.pointee.n_streams, desired.pointee.streams).map { Stream($0.pointee) })
        case .taskRequest(let request):
            let request = request.pointee
            let id = wireString(request.task_id) ?? ""
            switch request.task {
            case .shellExecute(let shell):
                self = .taskRequest(id: id, command: String(wire: shell.pointee.cmd), timeout: request.timeout_ms)
            case .deployment(let deployment):
                self = .deploymentRequest(
                    id: id, deployment: wireString(deployment.pointee.deployment_id) ?? "",
                    WireList(deployment.pointee.n_steps, deployment.pointee.steps).map { Step($0.pointee) },
                    timeout: request.timeout_ms)
            case .dockerOperation(let operation):
                self = .dockerRequest(id: id, Docker(operation.pointee), timeout: request.timeout_ms)
            default: self = .taskRequest(id: id, command: "", timeout: request.timeout_ms)
            }
        case .taskCancel(let cancel): self = .taskCancel(id: wireString(cancel.pointee.task_id) ?? "")
        case .ack(let ack) where ack.pointee.has_stream_ref != 0:
            self = .streamAck(stream: ack.pointee.stream_ref, upTo: ack.pointee.up_to_seq)
        case .ack(let ack):
            self = .ack(
                task: wireString(ack.pointee.task_id) ?? "", upTo: ack.pointee.up_to_seq,
                isFinal: wireFlag(ack.pointee.has_is_final, ack.pointee.is_final))
        case .resend(let resend): self = .resend(stream: resend.pointee.stream_ref, from: resend.pointee.from_seq)
        case .systemInfoRequest: self = .systemInfoRequest
        case .containersRequest(let request):
            self = .containersRequest(id: wireString(request.pointee.request_id) ?? "")
        case .goodbye(let goodbye):
            let goodbye = goodbye.pointee
            self = .goodbye(
                reason: goodbye.reason, message: wireString(goodbye.message) ?? "",
                retryAfter: wireValue(goodbye.has_retry_after_ms, goodbye.retry_after_ms))
        case .unknown: self = .unknown
        }
    }
}

extension GatewaySaid.Welcome {
    fileprivate init(_ wire: WireWelcome) {
        self.init(
            session: wireString(wire.session_id) ?? "", heartbeat: wire.heartbeat_ms,
            maxFrameBytes: wire.max_frame_bytes, gatewayVersion: wireString(wire.gateway_version),
            agentToken: wireString(wire.agent_token),
            tasks: WireList(wire.n_tasks, wire.tasks).map { task in
                GatewaySaid.TaskState(
                    id: wireString(task.pointee.task_id) ?? "", lastSeq: task.pointee.last_seq,
                    isFinal: wireFlag(task.pointee.has_is_final, task.pointee.is_final))
            }.sorted { $0.id < $1.id })
    }
}

extension GatewaySaid.Step {
    fileprivate init(_ wire: WireDeploymentStep) {
        self.init(
            name: wireString(wire.name) ?? "", command: String(wire: wire.cmd),
            timeout: wireValue(wire.has_timeout_ms, wire.timeout_ms))
    }
}

extension GatewaySaid.Stream {
    fileprivate init(_ wire: WireDesiredStream) {
        self.init(ref: wire.stream_ref, type: wireString(wire.stream_type) ?? "", interval: nil, parts: [])
        switch wire.config {
        case .metricsRequest(let request):
            interval = wireValue(request.pointee.has_interval_ms, request.pointee.interval_ms)
            parts = wireStrings(request.pointee.n_metrics, request.pointee.metrics)
        case .logRequest(let request) where request.pointee.has_after_seq != 0:
            stored = Stored(origin: request.pointee.origin, seq: request.pointee.after_seq)
        case .eventRequest(let request) where request.pointee.has_after_seq != 0:
            stored = Stored(origin: request.pointee.origin, seq: request.pointee.after_seq)
        default: break
        }
    }
}

extension GatewaySaid.Docker {
    fileprivate init(_ wire: WireDockerOperation) {
        self.init(
            operation: wireString(wire.operation) ?? "", image: wireString(wire.image),
            container: wireString(wire.container), arguments: wireStrings(wire.n_args, wire.args),
            environment: WireList(wire.n_env, wire.env).map {
                "\(wireString($0.pointee.name) ?? "")=\(wireString($0.pointee.value) ?? "")"
            })
    }
}
