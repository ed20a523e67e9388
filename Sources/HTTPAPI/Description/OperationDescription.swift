import JSON
import Model

/// One route as an operation of the OpenAPI document.
struct OperationDescription {
    let route: Route

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("operationId", identifier)
        writer.member("summary", route.summary)
        writer.array("tags") { $0.value(tag) }
        if case .replaced = route.age { writer.member("deprecated", true) }
        writeAccess(to: &writer)
        writeParameters(to: &writer)
        writeBody(to: &writer)
        writer.object("responses") { ResponseDescription(route: route).writeMembers(to: &$0) }
    }

    /// `get_agents_agent_id_metrics`
    private var identifier: String {
        let parts = route.pattern.segments.map { segment in
            switch segment {
            case .literal(let text): text.replacing(".", with: "_").replacing("-", with: "_")
            case .parameter(let name): name.rawValue
            }
        }
        return ([route.method.rawValue.lowercased()] + (parts.isEmpty ? ["page"] : parts)).joined(separator: "_")
    }

    private var tag: String {
        guard case .literal(let name)? = route.pattern.segments.first else { return "page" }
        return name
    }

    private func writeAccess(to writer: inout JSONWriter) {
        switch route.access {
        case .open, .capability: writer.array("security") { _ in }
        case .atLeast(let role): writer.member("description", "For tokens with the role \(role.rawValue), at least.")
        }
    }

    // MARK: - What it takes

    private func writeParameters(to writer: inout JSONWriter) {
        writer.array("parameters") { parameters in
            for case .parameter(let name) in route.pattern.segments {
                parameters.object {
                    Self.write(name.rawValue, in: "path", .pathIdentifier, name.summary, isRequired: true, to: &$0)
                }
            }
            for parameter in route.query {
                parameters.object {
                    Self.write(
                        parameter.name, in: "query", parameter.described, parameter.summary,
                        isRequired: parameter.isRequired, to: &$0)
                }
            }
            guard route.isStream else { return }
            parameters.object {
                Self.write(
                    HeaderName.lastEventID.rawValue, in: "header", .text, "Continue after this event",
                    isRequired: false, to: &$0)
            }
        }
    }

    private static func write(
        _ name: String, in place: String, _ schema: Schema, _ summary: String, isRequired: Bool,
        to writer: inout JSONWriter
    ) {
        writer.member("name", name)
        writer.member("in", place)
        writer.member("required", isRequired)
        writer.member("description", summary)
        writer.name("schema")
        schema.write(to: &writer)
        guard isRequired else { return }
        writer.name("example")
        schema.writeExample(of: name, to: &writer)
    }

    private func writeBody(to writer: inout JSONWriter) {
        guard case .json(let name, let isOptional) = route.body else { return }
        writer.object("requestBody") { body in
            body.member("required", !isOptional)
            body.object("content") { content in
                content.object("application/json") {
                    $0.name("schema")
                    Schema.reference(name).write(to: &$0)
                    guard let example = Examples.requests[name] else { return }
                    $0.member("example", raw: Array(example.utf8))
                }
            }
        }
    }
}

extension Route.QueryParameter {
    /// With what stands for nothing: an empty text is the same as no parameter.
    fileprivate var described: Schema {
        if case .integer = schema.shape { return schema }
        return isRequired ? schema : .either(schema, .choice([""]))
    }
}

extension PathParameter {
    fileprivate var summary: String {
        switch self {
        case .agentID: "An agent"
        case .subscriptionID: "A subscription"
        case .sessionID: "A session"
        case .taskID: "A task"
        case .streamID: "A demand of the gateway, as made by POST /admin/streams/server"
        case .alertID: "An alert"
        case .silenceID: "A silence"
        case .deploymentID: "A deployment"
        }
    }
}
