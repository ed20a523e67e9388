// One line per message: its generated initializer.
package import CWire

/// A message of sluice.proto: a plain C structure whose pointers lead into an arena.
package protocol WireMessage {
    /// Makes `message`, whatever its memory holds, one with no field set.
    static func initialize(_ message: UnsafeMutablePointer<Self>)
}

extension WireMessage {
    /// A message with no field set. It can be changed and encoded in place; it owns nothing.
    package static var empty: Self {
        withUnsafeTemporaryAllocation(of: Self.self, capacity: 1) { memory in
            initialize(memory.baseAddress!)
            return memory[0]
        }
    }
}

// MARK: - Envelopes

extension Sluice__V1__AgentMessage: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__agent_message__init(message) }
}
extension Sluice__V1__ServerMessage: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__server_message__init(message) }
}

// MARK: - Session

extension Sluice__V1__Hello: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__hello__init(message) }
}
extension Sluice__V1__Label: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__label__init(message) }
}
extension Sluice__V1__TaskState: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__task_state__init(message) }
}
extension Sluice__V1__Welcome: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__welcome__init(message) }
}
extension Sluice__V1__Refusal: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__refusal__init(message) }
}
extension Sluice__V1__Heartbeat: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__heartbeat__init(message) }
}
extension Sluice__V1__Goodbye: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__goodbye__init(message) }
}

// MARK: - Streams

extension Sluice__V1__DesiredStreams: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__desired_streams__init(message) }
}
extension Sluice__V1__DesiredStream: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__desired_stream__init(message) }
}
extension Sluice__V1__MetricsRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__metrics_request__init(message) }
}
extension Sluice__V1__HealthCheckRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__health_check_request__init(message)
    }
}
extension Sluice__V1__LogRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__log_request__init(message) }
}
extension Sluice__V1__EventRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__event_request__init(message) }
}
extension Sluice__V1__StreamStates: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__stream_states__init(message) }
}
extension Sluice__V1__RejectedStream: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__rejected_stream__init(message) }
}
extension Sluice__V1__StreamData: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__stream_data__init(message) }
}
extension Sluice__V1__Ack: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__ack__init(message) }
}
extension Sluice__V1__Resend: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__resend__init(message) }
}

// MARK: - Tasks

extension Sluice__V1__TaskRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__task_request__init(message) }
}
extension Sluice__V1__ShellExecute: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__shell_execute__init(message) }
}
extension Sluice__V1__DockerOperation: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__docker_operation__init(message)
    }
}
extension Sluice__V1__Deployment: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__deployment__init(message) }
}
extension Sluice__V1__DeploymentStep: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__deployment_step__init(message) }
}
extension Sluice__V1__TaskCancel: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__task_cancel__init(message) }
}
extension Sluice__V1__TaskResponse: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__task_response__init(message) }
}
extension Sluice__V1__OutputLine: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__output_line__init(message) }
}
extension Sluice__V1__SeqRange: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__seq_range__init(message) }
}

// MARK: - Metrics

extension Sluice__V1__MetricsDataResponse: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__Cpu: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__cpu__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__Memory: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__memory__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__Disk: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__disk__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__NetworkInterface: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__network_interface__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__Processes: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__processes__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__Process: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__process__init(message)
    }
}
extension Sluice__V1__MetricsDataResponse__TaskProcess: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__metrics_data_response__task_process__init(message)
    }
}
extension Sluice__V1__Load: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__load__init(message) }
}

// MARK: - Health

extension Sluice__V1__HealthCheckResponse: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__health_check_response__init(message)
    }
}
extension Sluice__V1__HealthCheckResponse__Service: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__health_check_response__service__init(message)
    }
}

// MARK: - Logs and events

extension Sluice__V1__Attribute: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__attribute__init(message) }
}
extension Sluice__V1__LogEvent: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__log_event__init(message) }
}
extension Sluice__V1__LogBatch: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__log_batch__init(message) }
}
extension Sluice__V1__ContainerLog: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__container_log__init(message) }
}
extension Sluice__V1__ContainerLogBatch: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__container_log_batch__init(message)
    }
}
extension Sluice__V1__SystemEvent: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__system_event__init(message) }
}
extension Sluice__V1__SystemEventBatch: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_event_batch__init(message)
    }
}

// MARK: - Containers

extension Sluice__V1__ContainersRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__containers_request__init(message)
    }
}
extension Sluice__V1__ContainersResponse: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__containers_response__init(message)
    }
}
extension Sluice__V1__Container: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__container__init(message) }
}

// MARK: - System info

extension Sluice__V1__SystemInfoRequest: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info_request__init(message)
    }
}
extension Sluice__V1__SystemInfoResponse: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info_response__init(message)
    }
}
extension Sluice__V1__SystemInfo: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) { sluice__v1__system_info__init(message) }
}
extension Sluice__V1__SystemInfo__Cpu: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__cpu__init(message)
    }
}
extension Sluice__V1__SystemInfo__Memory: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__memory__init(message)
    }
}
extension Sluice__V1__SystemInfo__Disk: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__disk__init(message)
    }
}
extension Sluice__V1__SystemInfo__Hardware: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__hardware__init(message)
    }
}
extension Sluice__V1__SystemInfo__OperatingSystem: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__operating_system__init(message)
    }
}
extension Sluice__V1__SystemInfo__Package: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__package__init(message)
    }
}
extension Sluice__V1__SystemInfo__Software: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__software__init(message)
    }
}
extension Sluice__V1__SystemInfo__NetworkInterface: WireMessage {
    package static func initialize(_ message: UnsafeMutablePointer<Self>) {
        sluice__v1__system_info__network_interface__init(message)
    }
}
