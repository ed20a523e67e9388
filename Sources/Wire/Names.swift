// Readable names for the generated C structures. The names of fields are those of sluice.proto; beside an optional
// scalar `x` is `has_x`, beside a list `xs` its length `n_xs`.
package import CWire

// MARK: - Envelopes

package typealias WireAgentMessage = Sluice__V1__AgentMessage
package typealias WireServerMessage = Sluice__V1__ServerMessage

// MARK: - Session

package typealias WireHello = Sluice__V1__Hello
package typealias WireLabel = Sluice__V1__Label
package typealias WireTaskState = Sluice__V1__TaskState
package typealias WireWelcome = Sluice__V1__Welcome
package typealias WireRefusal = Sluice__V1__Refusal
package typealias WireHeartbeat = Sluice__V1__Heartbeat
package typealias WireGoodbye = Sluice__V1__Goodbye

// MARK: - Streams

package typealias WireDesiredStreams = Sluice__V1__DesiredStreams
package typealias WireDesiredStream = Sluice__V1__DesiredStream
package typealias WireMetricsRequest = Sluice__V1__MetricsRequest
package typealias WireHealthCheckRequest = Sluice__V1__HealthCheckRequest
package typealias WireLogRequest = Sluice__V1__LogRequest
package typealias WireEventRequest = Sluice__V1__EventRequest
package typealias WireStreamStates = Sluice__V1__StreamStates
package typealias WireRejectedStream = Sluice__V1__RejectedStream
package typealias WireStreamData = Sluice__V1__StreamData
package typealias WireAck = Sluice__V1__Ack
package typealias WireResend = Sluice__V1__Resend

// MARK: - Tasks

package typealias WireTaskRequest = Sluice__V1__TaskRequest
package typealias WireShellExecute = Sluice__V1__ShellExecute
package typealias WireDockerOperation = Sluice__V1__DockerOperation
package typealias WireDeployment = Sluice__V1__Deployment
package typealias WireDeploymentStep = Sluice__V1__DeploymentStep
package typealias WireTaskCancel = Sluice__V1__TaskCancel
package typealias WireTaskResponse = Sluice__V1__TaskResponse
package typealias WireOutputLine = Sluice__V1__OutputLine
package typealias WireSeqRange = Sluice__V1__SeqRange

// MARK: - Metrics

package typealias WireMetrics = Sluice__V1__MetricsDataResponse
package typealias WireCPUMetrics = Sluice__V1__MetricsDataResponse__Cpu
package typealias WireMemoryMetrics = Sluice__V1__MetricsDataResponse__Memory
package typealias WireDiskMetrics = Sluice__V1__MetricsDataResponse__Disk
package typealias WireNetworkMetrics = Sluice__V1__MetricsDataResponse__NetworkInterface
package typealias WireProcessMetrics = Sluice__V1__MetricsDataResponse__Processes
package typealias WireProcess = Sluice__V1__MetricsDataResponse__Process
package typealias WireTaskProcess = Sluice__V1__MetricsDataResponse__TaskProcess
package typealias WireLoad = Sluice__V1__Load

// MARK: - Health

package typealias WireHealthCheck = Sluice__V1__HealthCheckResponse
package typealias WireService = Sluice__V1__HealthCheckResponse__Service

// MARK: - Logs and events

package typealias WireAttribute = Sluice__V1__Attribute
package typealias WireLogEvent = Sluice__V1__LogEvent
package typealias WireLogBatch = Sluice__V1__LogBatch
package typealias WireContainerLog = Sluice__V1__ContainerLog
package typealias WireContainerLogBatch = Sluice__V1__ContainerLogBatch
package typealias WireSystemEvent = Sluice__V1__SystemEvent
package typealias WireSystemEventBatch = Sluice__V1__SystemEventBatch

// MARK: - Containers

package typealias WireContainersRequest = Sluice__V1__ContainersRequest
package typealias WireContainersResponse = Sluice__V1__ContainersResponse
package typealias WireContainer = Sluice__V1__Container

// MARK: - System info

package typealias WireSystemInfoRequest = Sluice__V1__SystemInfoRequest
package typealias WireSystemInfoResponse = Sluice__V1__SystemInfoResponse
package typealias WireSystemInfo = Sluice__V1__SystemInfo
package typealias WireCPUInfo = Sluice__V1__SystemInfo__Cpu
package typealias WireMemoryInfo = Sluice__V1__SystemInfo__Memory
package typealias WireDiskInfo = Sluice__V1__SystemInfo__Disk
package typealias WireHardwareInfo = Sluice__V1__SystemInfo__Hardware
package typealias WireOperatingSystemInfo = Sluice__V1__SystemInfo__OperatingSystem
package typealias WirePackageInfo = Sluice__V1__SystemInfo__Package
package typealias WireSoftwareInfo = Sluice__V1__SystemInfo__Software
package typealias WireNetworkInfo = Sluice__V1__SystemInfo__NetworkInterface

// MARK: - Enumerations

// A peer may send numbers that are not named here: switch with a default.
package typealias WireRefusalCode = Sluice__V1__Refusal__Code
package typealias WireGoodbyeReason = Sluice__V1__Goodbye__Reason
package typealias WireTaskStatus = Sluice__V1__TaskResponse__Status
package typealias WireOutputStream = Sluice__V1__OutputLine__Stream
package typealias WireSeverity = Sluice__V1__SystemEvent__Severity

extension WireRefusalCode {
    package static var unknown: Self { SLUICE__V1__REFUSAL__CODE__UNKNOWN }
    package static var badCredentials: Self { SLUICE__V1__REFUSAL__CODE__BAD_CREDENTIALS }
    package static var idNotAllowed: Self { SLUICE__V1__REFUSAL__CODE__ID_NOT_ALLOWED }
    package static var protocolTooOld: Self { SLUICE__V1__REFUSAL__CODE__PROTOCOL_TOO_OLD }
    package static var busy: Self { SLUICE__V1__REFUSAL__CODE__BUSY }
    package static var draining: Self { SLUICE__V1__REFUSAL__CODE__DRAINING }
    package static var invalidHello: Self { SLUICE__V1__REFUSAL__CODE__INVALID_HELLO }
}

extension WireGoodbyeReason {
    package static var unspecified: Self { SLUICE__V1__GOODBYE__REASON__UNSPECIFIED }
    package static var stopping: Self { SLUICE__V1__GOODBYE__REASON__STOPPING }
    package static var replaced: Self { SLUICE__V1__GOODBYE__REASON__REPLACED }
    package static var protocolError: Self { SLUICE__V1__GOODBYE__REASON__PROTOCOL_ERROR }
    package static var draining: Self { SLUICE__V1__GOODBYE__REASON__DRAINING }
}

extension WireTaskStatus {
    package static var unknown: Self { SLUICE__V1__TASK_RESPONSE__STATUS__UNKNOWN }
    package static var completed: Self { SLUICE__V1__TASK_RESPONSE__STATUS__COMPLETED }
    package static var failure: Self { SLUICE__V1__TASK_RESPONSE__STATUS__FAILURE }
    package static var inProgress: Self { SLUICE__V1__TASK_RESPONSE__STATUS__IN_PROGRESS }
}

extension WireOutputStream {
    package static var stdout: Self { SLUICE__V1__OUTPUT_LINE__STREAM__STDOUT }
    package static var stderr: Self { SLUICE__V1__OUTPUT_LINE__STREAM__STDERR }
}

extension WireSeverity {
    package static var info: Self { SLUICE__V1__SYSTEM_EVENT__SEVERITY__INFO }
    package static var warning: Self { SLUICE__V1__SYSTEM_EVENT__SEVERITY__WARNING }
    package static var critical: Self { SLUICE__V1__SYSTEM_EVENT__SEVERITY__CRITICAL }
}
