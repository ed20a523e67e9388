// The choices (`oneof`) of sluice.proto as Swift enumerations of pointers. What is chosen lies where the message lies.
package import CWire

/// What an agent says.
package enum WireAgentBody {
    case hello(UnsafeMutablePointer<WireHello>)
    case heartbeat(UnsafeMutablePointer<WireHeartbeat>)
    case streamStates(UnsafeMutablePointer<WireStreamStates>)
    case streamData(UnsafeMutablePointer<WireStreamData>)
    case taskResponse(UnsafeMutablePointer<WireTaskResponse>)
    case systemInfo(UnsafeMutablePointer<WireSystemInfoResponse>)
    case goodbye(UnsafeMutablePointer<WireGoodbye>)
    case containers(UnsafeMutablePointer<WireContainersResponse>)
    /// Not set, or a kind that this version does not know: to be ignored.
    case unknown
}

extension WireAgentMessage {
    package var message: WireAgentBody {
        get {
            switch message_case {
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_HELLO: .hello(hello)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_HEARTBEAT: .heartbeat(heartbeat)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_STREAM_STATES: .streamStates(stream_states)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_STREAM_DATA: .streamData(stream_data)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_TASK_RESPONSE: .taskResponse(task_response)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_SYSTEM_INFO: .systemInfo(system_info)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_GOODBYE: .goodbye(goodbye)
            case SLUICE__V1__AGENT_MESSAGE__MESSAGE_CONTAINERS: .containers(containers)
            default: .unknown
            }
        }
        set {
            switch newValue {
            case .hello(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_HELLO
                hello = value
            case .heartbeat(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_HEARTBEAT
                heartbeat = value
            case .streamStates(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_STREAM_STATES
                stream_states = value
            case .streamData(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_STREAM_DATA
                stream_data = value
            case .taskResponse(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_TASK_RESPONSE
                task_response = value
            case .systemInfo(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_SYSTEM_INFO
                system_info = value
            case .goodbye(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_GOODBYE
                goodbye = value
            case .containers(let value):
                message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE_CONTAINERS
                containers = value
            case .unknown: message_case = SLUICE__V1__AGENT_MESSAGE__MESSAGE__NOT_SET
            }
        }
    }
}

/// What a gateway says.
package enum WireServerBody {
    case welcome(UnsafeMutablePointer<WireWelcome>)
    case refusal(UnsafeMutablePointer<WireRefusal>)
    case heartbeat(UnsafeMutablePointer<WireHeartbeat>)
    case desiredStreams(UnsafeMutablePointer<WireDesiredStreams>)
    case taskRequest(UnsafeMutablePointer<WireTaskRequest>)
    case taskCancel(UnsafeMutablePointer<WireTaskCancel>)
    case ack(UnsafeMutablePointer<WireAck>)
    case systemInfoRequest(UnsafeMutablePointer<WireSystemInfoRequest>)
    case goodbye(UnsafeMutablePointer<WireGoodbye>)
    case resend(UnsafeMutablePointer<WireResend>)
    case containersRequest(UnsafeMutablePointer<WireContainersRequest>)
    /// Not set, or a kind that this version does not know: to be ignored.
    case unknown
}

extension WireServerMessage {
    package var message: WireServerBody {
        get {
            switch message_case {
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_WELCOME: .welcome(welcome)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_REFUSAL: .refusal(refusal)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_HEARTBEAT: .heartbeat(heartbeat)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_DESIRED_STREAMS: .desiredStreams(desired_streams)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_TASK_REQUEST: .taskRequest(task_request)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_TASK_CANCEL: .taskCancel(task_cancel)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_ACK: .ack(ack)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_SYSTEM_INFO_REQUEST: .systemInfoRequest(system_info_request)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_GOODBYE: .goodbye(goodbye)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_RESEND: .resend(resend)
            case SLUICE__V1__SERVER_MESSAGE__MESSAGE_CONTAINERS_REQUEST: .containersRequest(containers_request)
            default: .unknown
            }
        }
        set {
            switch newValue {
            case .welcome(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_WELCOME
                welcome = value
            case .refusal(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_REFUSAL
                refusal = value
            case .heartbeat(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_HEARTBEAT
                heartbeat = value
            case .desiredStreams(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_DESIRED_STREAMS
                desired_streams = value
            case .taskRequest(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_TASK_REQUEST
                task_request = value
            case .taskCancel(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_TASK_CANCEL
                task_cancel = value
            case .ack(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_ACK
                ack = value
            case .systemInfoRequest(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_SYSTEM_INFO_REQUEST
                system_info_request = value
            case .goodbye(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_GOODBYE
                goodbye = value
            case .resend(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_RESEND
                resend = value
            case .containersRequest(let value):
                message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE_CONTAINERS_REQUEST
                containers_request = value
            case .unknown: message_case = SLUICE__V1__SERVER_MESSAGE__MESSAGE__NOT_SET
            }
        }
    }
}

/// What a stream carries.
package enum WirePayload {
    case metrics(UnsafeMutablePointer<WireMetrics>)
    case healthCheck(UnsafeMutablePointer<WireHealthCheck>)
    case logs(UnsafeMutablePointer<WireLogBatch>)
    case containerLogs(UnsafeMutablePointer<WireContainerLogBatch>)
    case systemEvents(UnsafeMutablePointer<WireSystemEventBatch>)
    /// Not set, or a kind that this version does not know: to be ignored.
    case unknown
}

extension WireStreamData {
    package var payload: WirePayload {
        get {
            switch payload_case {
            case SLUICE__V1__STREAM_DATA__PAYLOAD_METRICS: .metrics(metrics)
            case SLUICE__V1__STREAM_DATA__PAYLOAD_HEALTH_CHECK: .healthCheck(health_check)
            case SLUICE__V1__STREAM_DATA__PAYLOAD_LOGS: .logs(logs)
            case SLUICE__V1__STREAM_DATA__PAYLOAD_CONTAINER_LOGS: .containerLogs(container_logs)
            case SLUICE__V1__STREAM_DATA__PAYLOAD_SYSTEM_EVENTS: .systemEvents(system_events)
            default: .unknown
            }
        }
        set {
            switch newValue {
            case .metrics(let value):
                payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD_METRICS
                metrics = value
            case .healthCheck(let value):
                payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD_HEALTH_CHECK
                health_check = value
            case .logs(let value):
                payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD_LOGS
                logs = value
            case .containerLogs(let value):
                payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD_CONTAINER_LOGS
                container_logs = value
            case .systemEvents(let value):
                payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD_SYSTEM_EVENTS
                system_events = value
            case .unknown: payload_case = SLUICE__V1__STREAM_DATA__PAYLOAD__NOT_SET
            }
        }
    }
}

/// How a stream is to run.
package enum WireStreamConfig {
    case metricsRequest(UnsafeMutablePointer<WireMetricsRequest>)
    case healthCheckRequest(UnsafeMutablePointer<WireHealthCheckRequest>)
    case logRequest(UnsafeMutablePointer<WireLogRequest>)
    case eventRequest(UnsafeMutablePointer<WireEventRequest>)
    /// Not set, or a kind that this version does not know: to be ignored.
    case unknown
}

extension WireDesiredStream {
    package var config: WireStreamConfig {
        get {
            switch config_case {
            case SLUICE__V1__DESIRED_STREAM__CONFIG_METRICS_REQUEST: .metricsRequest(metrics_request)
            case SLUICE__V1__DESIRED_STREAM__CONFIG_HEALTH_CHECK_REQUEST: .healthCheckRequest(health_check_request)
            case SLUICE__V1__DESIRED_STREAM__CONFIG_LOG_REQUEST: .logRequest(log_request)
            case SLUICE__V1__DESIRED_STREAM__CONFIG_EVENT_REQUEST: .eventRequest(event_request)
            default: .unknown
            }
        }
        set {
            switch newValue {
            case .metricsRequest(let value):
                config_case = SLUICE__V1__DESIRED_STREAM__CONFIG_METRICS_REQUEST
                metrics_request = value
            case .healthCheckRequest(let value):
                config_case = SLUICE__V1__DESIRED_STREAM__CONFIG_HEALTH_CHECK_REQUEST
                health_check_request = value
            case .logRequest(let value):
                config_case = SLUICE__V1__DESIRED_STREAM__CONFIG_LOG_REQUEST
                log_request = value
            case .eventRequest(let value):
                config_case = SLUICE__V1__DESIRED_STREAM__CONFIG_EVENT_REQUEST
                event_request = value
            case .unknown: config_case = SLUICE__V1__DESIRED_STREAM__CONFIG__NOT_SET
            }
        }
    }
}

/// What a task is to do.
package enum WireTask {
    case shellExecute(UnsafeMutablePointer<WireShellExecute>)
    case dockerOperation(UnsafeMutablePointer<WireDockerOperation>)
    case deployment(UnsafeMutablePointer<WireDeployment>)
    /// Not set, or a kind that this version does not know: to be ignored.
    case unknown
}

extension WireTaskRequest {
    package var task: WireTask {
        get {
            switch task_case {
            case SLUICE__V1__TASK_REQUEST__TASK_SHELL_EXECUTE: .shellExecute(shell_execute)
            case SLUICE__V1__TASK_REQUEST__TASK_DOCKER_OPERATION: .dockerOperation(docker_operation)
            case SLUICE__V1__TASK_REQUEST__TASK_DEPLOYMENT: .deployment(deployment)
            default: .unknown
            }
        }
        set {
            switch newValue {
            case .shellExecute(let value):
                task_case = SLUICE__V1__TASK_REQUEST__TASK_SHELL_EXECUTE
                shell_execute = value
            case .dockerOperation(let value):
                task_case = SLUICE__V1__TASK_REQUEST__TASK_DOCKER_OPERATION
                docker_operation = value
            case .deployment(let value):
                task_case = SLUICE__V1__TASK_REQUEST__TASK_DEPLOYMENT
                deployment = value
            case .unknown: task_case = SLUICE__V1__TASK_REQUEST__TASK__NOT_SET
            }
        }
    }
}
