import Gateway
import JSON
import Logging
import Options
import TestSupport
import Testing

/// A whole gateway in this process, on ports of the kernel's choice.
final class TestGateway {
    let server: Server
    let data: String
    /// Kept for the life of the gateway; nil where the test brings its own.
    private let temporary: TemporaryDirectory?
    private var isStopped = false

    /// - Parameter data: where its store is; a directory of its own when nil.
    init(data: String? = nil, _ change: (inout Configuration) -> Void = { _ in }) async throws {
        temporary = data == nil ? try TemporaryDirectory() : nil
        self.data = data ?? temporary!.path
        var configuration = Configuration()
        configuration.httpBind = Endpoint(host: "127.0.0.1", port: 0)
        configuration.agentBind = Endpoint(host: "127.0.0.1", port: 0)
        configuration.dataDirectory = self.data
        configuration.linger = 0
        change(&configuration)
        server = try await Server.start(configuration, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    var httpPort: UInt16 { Self.port(server.httpAddress) }
    var agentPort: UInt16 { Self.port(server.agentAddress) }

    private static func port(_ address: String) -> UInt16 { UInt16(address.split(separator: ":").last ?? "") ?? 0 }

    /// A test that has failed does not get to `stop`.
    deinit {
        guard !isStopped else { return }
        Task.detached { [server, temporary] in
            await server.stop()
            withExtendedLifetime(temporary) {}
        }
    }

    /// To be called last.
    func stop() async { await stopping().value }

    /// Begins to stop.
    func stopping() -> Task<Void, Never> {
        isStopped = true
        return Task { [server] in await server.stop() }
    }

    // MARK: - Agents

    /// An agent that has been welcomed.
    func agent(_ change: (inout ScriptedAgent.Hello) -> Void = { _ in }) async throws -> ScriptedAgent {
        let agent = try ScriptedAgent(port: agentPort)
        agent.hello(change)
        try await agent.hearWelcome()
        return agent
    }

    /// Waits until the gateway knows that the agent is connected, or that it is not.
    func waitForAgent(_ id: String = "agent1", isConnected: Bool) async throws {
        try await eventually("agent \(id) connected: \(isConnected)") {
            try await get("/agents/\(id)")["connected"] == .bool(isConnected)
        }
    }

    // MARK: - Requests

    func call(_ method: String, _ path: String, _ body: String? = nil, token: String? = nil) async throws
        -> HTTPPeer.Response
    {
        try await HTTPPeer.call(port: httpPort, method, path, body, token: token)
    }

    /// - Throws: unless the answer is 200 and JSON.
    func get(_ path: String) async throws -> JSONValue {
        let response = try await call("GET", path)
        try #require(response.status == 200 || response.status == 404, "\(path): \(response.text)")
        return try JSONParser.parse(response.body)
    }

    /// - Parameter config: the members of `config`, as JSON.
    /// - Returns: the path of its stream.
    func subscribe(_ type: String, agent: String? = nil, resource: String? = nil, config: String = "") async throws
        -> String
    {
        var members = ["\"stream_type\":\"\(type)\"", "\"config\":{\(config)}"]
        if let agent { members.append("\"agent_id\":\"\(agent)\"") }
        if let resource { members.append("\"resource\":\"\(resource)\"") }
        let response = try await call("POST", "/subscriptions", "{\(members.joined(separator: ","))}")
        try #require(response.status == 201, "\(response.text)")
        return try #require(JSONParser.parse(response.body)["stream_url"]?.string)
    }

    /// A subscription that is being listened to.
    func listen(_ type: String, agent: String? = nil, resource: String? = nil, config: String = "") async throws
        -> EventSource
    {
        let path = try await subscribe(type, agent: agent, resource: resource, config: config)
        return try EventSource(port: httpPort, path)
    }

    /// - Returns: the id of the task.
    func runShell(_ command: String, on agent: String = "agent1") async throws -> String {
        let response = try await call("POST", "/tasks/shell", "{\"agent_id\":\"\(agent)\",\"cmd\":\"\(command)\"}")
        try #require(response.status == 201, "\(response.text)")
        return try #require(JSONParser.parse(response.body)["task_id"]?.string)
    }

    func waitForTask(_ id: String, status: String) async throws {
        try await eventually("task \(id) is \(status)") { try await get("/tasks/\(id)")["status"] == .string(status) }
    }
}
