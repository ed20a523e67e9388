import JSON
import Model
import Service

extension ShellTaskRequest {
    /// The body of `POST /tasks/shell`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["agent_id", "cmd", "timeout", "deployment_id"])
        let agent = try fields.required("agent_id", try fields.identifier("agent_id"))
        self.init(
            agent: AgentID(agent), command: try fields.command("cmd"),
            timeout: try fields.duration("timeout", in: Self.timeoutRange) ?? Self.defaultTimeout,
            deploymentID: try fields.identifier("deployment_id"))
    }
}

extension SystemParts {
    /// The body of `POST /agents/{agent_id}/system/refresh`.
    init(_ context: RequestContext) throws(APIError) {
        let fields = try context.bodyFields(["include_hardware", "include_software", "include_network"])
        self.init()
        hardware = try fields.bool("include_hardware") ?? hardware
        software = try fields.bool("include_software") ?? software
        network = try fields.bool("include_network") ?? network
    }
}
