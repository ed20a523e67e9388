import JSON

/// Why the engine did not do what was asked of it.
enum EngineError: Error, Equatable {
    /// There is none on this host.
    case absent(String)
    /// Nothing listens on its socket.
    case unavailable(String)
    /// This process may not use its socket.
    case denied(String)
    /// The engine said no.
    case refused(status: Int, message: String)
    /// The connection broke, or what came over it is not what was agreed on.
    case broken(String)

    /// For a person.
    var sentence: String {
        switch self {
        case .absent(let text), .unavailable(let text), .denied(let text), .broken(let text): text
        case .refused(_, let message): message
        }
    }

    var status: Int? { if case .refused(let status, _) = self { status } else { nil } }

    /// What a stream that needs the engine is rejected with.
    var rejection: StreamRejection {
        let code: StreamRejection.Code =
            switch self {
            case .absent: .unsupported
            case .denied: .permissionDenied
            case .refused(404, _): .notFound
            case .unavailable, .refused, .broken: .failed
            }
        return StreamRejection(code: code, message: sentence)
    }

    /// An answer that refuses: `{"message":"No such container: web"}`.
    static func refusal(status: Int, body: [UInt8]) -> EngineError {
        let message = (try? JSONParser.parse(body))?["message"]?.string
        return .refused(status: status, message: message ?? "the container engine answered with status \(status)")
    }
}
