import JSON
import Model
import Service

extension DeploymentRequest {
    static let maximumNameBytes = 256

    /// The body of `POST /tasks/deployment`: `cmd`, or `steps`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["agent_id", "deployment_id", "name", "cmd", "steps", "timeout"])
        let agent = try fields.required("agent_id", try fields.identifier("agent_id"))
        let name = try fields.label("name", maximumBytes: Self.maximumNameBytes)
        self.init(
            agent: AgentID(agent), id: try fields.identifier("deployment_id").map { DeploymentID($0) }, name: name,
            steps: try Self.steps(fields, name: name),
            timeout: try fields.duration("timeout", in: ShellTaskRequest.timeoutRange) ?? Self.defaultTimeout)
    }

    private static func steps(_ fields: FieldReader, name: String) throws(APIError) -> [DeploymentStep] {
        guard let elements = try fields.elements("steps", count: 1...maximumSteps) else {
            return [DeploymentStep(name: name, command: try fields.command("cmd"))]
        }
        guard fields.value("cmd") == nil else { throw fields.excluded("cmd", by: "steps") }
        var steps: [DeploymentStep] = []
        for (index, element) in elements.enumerated() {
            let step = try FieldReader(element, names: ["name", "cmd", "timeout"], within: "steps[\(index)]")
            steps.append(
                DeploymentStep(
                    name: try step.label("name", maximumBytes: maximumNameBytes), command: try step.command("cmd"),
                    timeout: try step.duration("timeout", in: ShellTaskRequest.timeoutRange)))
        }
        return steps
    }
}

extension FieldReader {
    /// A shell command; required.
    func command(_ name: String) throws(APIError) -> String {
        try label(name, maximumBytes: ShellTaskRequest.maximumCommandBytes)
    }

    /// Text that is not blank; required.
    func label(_ name: String, maximumBytes: Int) throws(APIError) -> String {
        let text = try required(name, try text(name, maximumBytes: maximumBytes))
        guard !text.isBlank else { throw .invalid(prefix + name, "\(prefix + name) must not be empty") }
        return text
    }
}

extension String {
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
