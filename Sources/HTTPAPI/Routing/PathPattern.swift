/// The names that parts of a path can have.
package enum PathParameter: String, Sendable, CaseIterable {
    case agentID = "agent_id"
    case subscriptionID = "subscription_id"
    case sessionID = "session_id"
    case taskID = "task_id"
    case streamID = "stream_id"
    case alertID = "alert_id"
    case silenceID = "silence_id"
    case deploymentID = "deployment_id"
}

/// `/agents/{agent_id}/metrics`, taken apart.
package struct PathPattern: Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    package enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(PathParameter)
    }

    package let segments: [Segment]
    package let description: String

    /// A parameter that is not one of `PathParameter` is a mistake in the program.
    package init(stringLiteral text: String) {
        description = text
        segments = text.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = String(part.dropFirst().dropLast())
            guard let parameter = PathParameter(rawValue: name) else { preconditionFailure("no parameter \(name)") }
            return .parameter(parameter)
        }
    }

    /// The values of the parameters; nil when the path is another one.
    package func match(_ path: [String]) -> [PathParameter: String]? {
        guard path.count == segments.count else { return nil }
        var values: [PathParameter: String] = [:]
        for (part, segment) in zip(path, segments) {
            switch segment {
            case .literal(let literal): if part != literal { return nil }
            case .parameter(let name):
                if part.isEmpty { return nil }
                values[name] = part
            }
        }
        return values
    }
}
