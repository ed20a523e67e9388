import Model

/// One stream as the gateway wants it, checked and copied out of the frame.
struct StreamSpec: Equatable {
    /// The short name that the gateway gave it.
    var ref: UInt32
    var type: String
    /// A container's id or name; empty where the type has no resource.
    var resource: String
    var config: StreamConfiguration
}

/// What the gateway may set of a stream. A request that names none gets the type's defaults.
enum StreamConfiguration: Equatable {
    case none
    case metrics(interval: Milliseconds?, parts: [String])
    case healthCheck(interval: Milliseconds?, includeMetrics: Bool, includeServices: Bool)
    case containerLogs(interval: Milliseconds?, tail: UInt32?, after: UInt64?)
    case logs(interval: Milliseconds?, tail: UInt32?, after: ReliablePosition?)
    case events(after: ReliablePosition?)
}

/// Why a stream does not run; goes to the gateway in StreamStates.
struct StreamRejection: Error, Equatable {
    enum Code: String {
        case unsupported
        case notFound = "not_found"
        case permissionDenied = "permission_denied"
        case failed
    }

    var code: Code
    /// A sentence for a person.
    var message: String
}
