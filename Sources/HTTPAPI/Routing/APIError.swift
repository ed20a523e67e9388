import JSON

/// An answer that refuses. Every error of the API is one of these codes, and looks like this:
///
///     {"error":"config.interval must be from 100ms to 1h, not 50ms","code":"invalid_field","field":"config.interval"}
package struct APIError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidJSON = "invalid_json"
        case invalidField = "invalid_field"
        case unknownStreamType = "unknown_stream_type"
        case resourceRequired = "resource_required"
        case unauthorized
        case forbidden
        case notAClientStream = "not_a_client_stream"
        case notAllowedByAgent = "not_allowed_by_agent"
        case notFound = "not_found"
        case agentNotFound = "agent_not_found"
        case subscriptionNotFound = "subscription_not_found"
        case sessionNotFound = "session_not_found"
        case taskNotFound = "task_not_found"
        case containerNotFound = "container_not_found"
        case streamNotFound = "stream_not_found"
        case alertNotFound = "alert_not_found"
        case silenceNotFound = "silence_not_found"
        case deploymentNotFound = "deployment_not_found"
        case metricsNotFound = "metrics_not_found"
        case systemNotFound = "system_not_found"
        case methodNotAllowed = "method_not_allowed"
        case sessionFull = "session_full"
        case taskFinished = "task_finished"
        case agentOffline = "agent_offline"
        case engineUnavailable = "engine_unavailable"
        case conflict
        case lengthRequired = "length_required"
        case bodyTooLarge = "body_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case rateLimited = "rate_limited"
        case internalError = "internal_error"
        case draining
        case starting
        case overloaded
        case storeUnavailable = "store_unavailable"

        package var status: Int {
            switch self {
            case .invalidRequest, .invalidJSON, .invalidField, .unknownStreamType, .resourceRequired: 400
            case .unauthorized: 401
            case .forbidden, .notAClientStream, .notAllowedByAgent: 403
            case .notFound, .agentNotFound, .subscriptionNotFound, .sessionNotFound, .taskNotFound, .containerNotFound,
                .streamNotFound, .alertNotFound, .silenceNotFound, .deploymentNotFound, .metricsNotFound,
                .systemNotFound:
                404
            case .methodNotAllowed: 405
            case .sessionFull, .taskFinished, .agentOffline, .conflict: 409
            case .lengthRequired: 411
            case .bodyTooLarge: 413
            case .unsupportedMediaType: 415
            case .rateLimited: 429
            case .internalError: 500
            case .draining, .starting, .overloaded, .storeUnavailable, .engineUnavailable: 503
            }
        }
    }

    package var code: Code
    /// A sentence for a person, without a full stop.
    package var message: String
    /// Where in the request: `config.interval`, `page`.
    package var field: String?
    package var retryAfterSeconds: Int?
    /// The methods that the path does have, for 405.
    package var allowed: [HTTPMethod]

    package init(
        _ code: Code, _ message: String, field: String? = nil, retryAfterSeconds: Int? = nil,
        allowed: [HTTPMethod] = []
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
        self.allowed = allowed
    }

    package static func invalid(_ field: String, _ message: String) -> APIError {
        APIError(.invalidField, message, field: field)
    }

    package var response: HTTPResponse { response() }

    /// - Parameter withDetails: as the API before this one had them.
    package func response(withDetails: Bool = false) -> HTTPResponse {
        var response = HTTPResponse.json(code.status) {
            $0.object {
                $0.member("error", message)
                $0.member("code", code.rawValue)
                $0.member("field", field ?? "")
                if withDetails { $0.member("details", field.map { "\(code.rawValue): \($0)" } ?? code.rawValue) }
            }
        }
        if code == .unauthorized { response.headers.append(("WWW-Authenticate", "Bearer realm=\"sluice\"")) }
        if !allowed.isEmpty { response.headers.append(("Allow", HTTPMethod.list(allowed))) }
        if let retryAfterSeconds { response.headers.append(("Retry-After", retryAfterSeconds.description)) }
        return response
    }
}

extension HTTPMethod {
    /// `DELETE, GET, HEAD, OPTIONS`
    static func list(_ methods: [HTTPMethod]) -> String { methods.sorted().map(\.rawValue).joined(separator: ", ") }
}
