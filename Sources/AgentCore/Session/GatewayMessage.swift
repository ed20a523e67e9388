import Model

/// What the gateway says, checked and copied out of its frame. (A frame whose content makes no sense is no message: it
/// closes the connection.)
enum GatewayMessage: Equatable {
    case welcome(Welcome)
    case refusal(Refusal)
    case heartbeat
    case desiredStreams(generation: UInt64, [StreamSpec])
    case taskRequest(TaskOrder)
    case taskCancel(TaskID)
    case acknowledgement(Acknowledgement)
    /// A reliable stream is to be sent again from this number on.
    case resend(ref: UInt32, from: UInt64)
    case systemInfoRequest(SystemInfoOrder)
    case containersRequest(id: String?)
    case goodbye(Goodbye)
    /// Of a newer protocol than this agent's: ignored.
    case unknown
}

struct Welcome: Equatable {
    var sessionID: String
    var heartbeat: Milliseconds
    /// Payload bytes that one frame may have, in both directions.
    var maximumFrame: Int
    var tasks: [TaskStanding]
    var gatewayVersion: String
    /// The agent's own token, after an enrolment.
    var agentToken: String?
    /// Bytes of one reliable stream that may wait for an acknowledgement.
    var streamWindow: Int = Self.defaultStreamWindow
}

/// Where a task stands for the gateway.
struct TaskStanding: Equatable {
    var id: TaskID
    /// The highest line number that the gateway has safe.
    var lastSeq: UInt64
    /// It has the final response too.
    var isFinal: Bool
}

struct Refusal: Equatable {
    enum Code: UInt32 {
        case unknown = 0
        case badCredentials, idNotAllowed, protocolTooOld, busy, draining, invalidHello

        /// Trying again would change nothing.
        var isFinal: Bool {
            switch self {
            case .badCredentials, .idNotAllowed, .protocolTooOld, .invalidHello: true
            case .unknown, .busy, .draining: false
            }
        }
    }

    var code: Code
    var message: String
    var retryAfter: Milliseconds?
}

struct Goodbye: Equatable {
    enum Reason: UInt32 {
        case unspecified = 0
        case stopping, replaced, protocolError, draining
    }

    var reason: Reason
    var message: String
    var retryAfter: Milliseconds?

    init(_ reason: Reason, _ message: String = "", retryAfter: Milliseconds? = nil) {
        self.reason = reason
        self.message = message
        self.retryAfter = retryAfter
    }
}

/// A task that is to be run once.
struct TaskOrder: Equatable {
    enum Command: Equatable {
        case shell([UInt8])
        case deployment([TaskStep])
        case docker(DockerOrder)
        /// One that makes no sense; the task fails with the reason.
        case invalid(kind: String, reason: String)
        /// A kind that this agent has no runner for; the name is the one of `--allow`.
        case unsupported(kind: String)

        var kind: String {
            switch self {
            case .shell: "shell"
            case .deployment: "deploy"
            case .docker: "docker"
            case .invalid(let kind, _): kind
            case .unsupported(let kind): kind
            }
        }

        /// What is run, one after the other.
        var steps: [TaskStep] {
            switch self {
            case .shell(let command): [TaskStep(command: command)]
            case .deployment(let steps): steps
            case .docker(let order): [TaskStep(work: .docker(order))]
            case .unsupported, .invalid: []
            }
        }
    }

    var id: TaskID
    /// From the start of the command; nil: none.
    var timeout: Milliseconds?
    var command: Command
}

enum Acknowledgement: Equatable {
    case task(TaskID, upTo: UInt64, isFinal: Bool)
    case stream(ref: UInt32, upTo: UInt64)
}

struct SystemInfoOrder: Equatable {
    var requestID: String?
    var includeHardware: Bool
    var includeSoftware: Bool
    var includeNetwork: Bool
}
