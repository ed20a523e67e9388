import JSON
import TestSupport
import Testing

extension TestGateway {
    /// An agent that may deploy and run shell commands.
    func deployer(_ change: (inout ScriptedAgent.Hello) -> Void = { _ in }) async throws -> ScriptedAgent {
        try await agent { hello in
            hello.taskKinds = ["shell", "deploy"]
            change(&hello)
        }
    }

    /// - Parameter members: of the body besides the agent and the name, as JSON.
    /// - Returns: the ids of the task and of the deployment.
    func deploy(_ members: String = "\"cmd\":\"make deploy\"") async throws -> (task: String, deployment: String) {
        let body = "{\"agent_id\":\"agent1\",\"name\":\"shop\",\(members)}"
        let response = try await call("POST", "/tasks/deployment", body)
        try #require(response.status == 201, "\(response.text)")
        let created = try JSONParser.parse(response.body)
        #expect(created["stream_type"] == .string("deployment_status"))
        return (try #require(created["task_id"]?.string), try #require(created["resource"]?.string))
    }

    /// A deployment whose agent has been told.
    func deployed(on agent: ScriptedAgent) async throws -> (task: String, deployment: String) {
        let made = try await deploy()
        try await agent.hearTask(made.task)
        return made
    }

    /// A stream that is open.
    func watch(_ deployment: String, config: String = "", receiveBuffer: Int32? = nil) async throws -> EventSource {
        let path = try await subscribe("deployment_status", resource: deployment, config: config)
        let stream = try EventSource(port: httpPort, path, receiveBuffer: receiveBuffer)
        try await eventually("it is open") { stream.text.contains("id: l0") }
        return stream
    }
}

extension EventSource {
    /// Events that move the cursor: not what is told of the stream itself.
    var numbered: [Event] { events.filter { $0.id != nil } }

    func payloads(_ kind: String) -> [JSONValue] { events(kind).compactMap { $0.data["data"] } }
}

/// What the configuration of a deployment's stream can say.
enum DeploymentConfig: String, CaseIterable {
    case all = ""
    case withoutRaw = "\"include_raw_output\":false"
    case changes = "\"status_updates_only\":true"
    case changesWithoutRaw = "\"include_raw_output\":false,\"status_updates_only\":true"
}
