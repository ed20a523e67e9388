import Logging
import Options
import Reactor
import Synchronization
import Testing

@testable import AgentCore

/// An agent on a loop of its own, connected to a scripted gateway.
///
/// @unchecked Sendable because `agent` is touched on the loop only and `ended` has its mutex.
final class RunningAgent: @unchecked Sendable {
    let loop: EventLoop
    private var agent: Agent?
    private let ended = Mutex<AgentExit?>(nil)

    init(
        _ gateway: ScriptedGateway, _ change: (inout AgentConfiguration) -> Void = { _ in }
    ) async throws {
        loop = try EventLoop(name: "agent")
        var configuration = AgentConfiguration(
            gateway: Endpoint(host: "127.0.0.1", port: gateway.port), id: "agent-1", version: "test")
        configuration.allowedTasks = ["shell"]
        configuration.containerHost = nil
        configuration.logLevel = .critical
        change(&configuration)
        try await loop.run { [self, configuration] in
            agent = Agent(configuration, loop: loop) { [unowned self] exit in ended.withLock { $0 = exit } }
            agent?.start()
        }
    }

    func spooledBytes() async throws -> Int { try await loop.run { [self] in agent?.spooledBytes ?? 0 } }

    func runningCommands() async throws -> Int { try await loop.run { [self] in agent?.runningCommands ?? 0 } }

    /// How it ended; nil while it runs.
    var exit: AgentExit? { ended.withLock { $0 } }

    func stop() async throws { try await loop.run { [self] in agent?.stop() } }

    func reload() async throws { try await loop.run { [self] in agent?.reload() } }

    /// Stops it and waits for its end: nothing of it may be let go while its loop still runs.
    func end() async throws {
        if exit == nil { try await stop() }
        try await eventually("the agent ends", within: .seconds(60)) { exit != nil }
        try await loop.run { [self] in agent = nil }
        loop.stop()
    }
}

/// Waits for a condition; records an issue when it does not come true in time.
func eventually(
    _ what: Comment, within limit: Duration = .seconds(40), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Sendable () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while try await !condition() {
        guard clock.now < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// An agent and its gateway for the time of the body.
func withAgent(
    _ change: (inout AgentConfiguration) -> Void = { _ in },
    gateway prepare: @escaping @Sendable (ScriptedGateway) -> Void = { _ in },
    _ body: (ScriptedGateway, RunningAgent) async throws -> Void
) async throws {
    let gateway = try await ScriptedGateway()
    try await gateway.configure(prepare)
    let agent = try await RunningAgent(gateway, change)
    do {
        try await body(gateway, agent)
    } catch {
        try await agent.end()
        throw error
    }
    try await agent.end()
}
