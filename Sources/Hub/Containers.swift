import AgentLink
import Broker
package import Model
package import Service
import Wire

/// Callers that wait for an agent to tell its containers. Those of one agent share one request. A value without I/O.
struct ContainerLookups {
    typealias Caller = CheckedContinuation<[ContainerView], any Error>

    private struct Lookup {
        var id: String
        var since: MonotonicTime
        var callers: [Caller]
    }

    /// Over all agents.
    static let maximumCallers = 1_000
    static let patience: Milliseconds = 12_000

    private var lookups: [AgentID: Lookup] = [:]

    var callers: Int { lookups.values.reduce(0) { $0 + $1.callers.count } }

    /// - Returns: the id of a request to be sent; nil when one is under way.
    mutating func add(_ caller: Caller, for agent: AgentID, at time: MonotonicTime) -> String? {
        guard lookups[agent] == nil else {
            lookups[agent]?.callers.append(caller)
            return nil
        }
        let id = RandomText.make(bits: 64)
        lookups[agent] = Lookup(id: id, since: time, callers: [caller])
        return id
    }

    mutating func answer(_ agent: AgentID, request: String?, _ result: Result<[ContainerView], ServiceError>) {
        guard let lookup = lookups[agent], request == nil || lookup.id == request else { return }
        lookups[agent] = nil
        for caller in lookup.callers { caller.resume(with: result.mapError { $0 }) }
    }

    mutating func expire(at time: MonotonicTime) {
        for (agent, lookup) in lookups where time.milliseconds(since: lookup.since) >= Self.patience {
            answer(agent, request: nil, .failure(.engineUnavailable(reason: "agent \(agent) does not answer")))
        }
    }
}

extension Hub {
    package func containers(of id: AgentID, for principal: Principal) async throws -> [ContainerView] {
        let agent = try visibleAgent(id, principal)
        guard agent.isConnected else { throw ServiceError.agentOffline(id) }
        // One that knows nothing of containers has none.
        guard agent.allows(StreamType.containerLogs.rawValue) else { return [] }
        guard containerLookups.callers < ContainerLookups.maximumCallers else {
            throw ServiceError.overloaded(retryAfterSeconds: 5)
        }
        return try await withCheckedThrowingContinuation { caller in
            guard let request = containerLookups.add(caller, for: id, at: now.monotonic) else { return }
            agent.requestContainers(request)
        }
    }

    func receive(_ response: WireContainersResponse, from agent: Agent) {
        let result: Result<[ContainerView], ServiceError> =
            switch wireString(response.code) {
            case nil: .success(WireList(response.n_containers, response.containers).map { ContainerView($0.pointee) })
            // There is no engine on that host.
            case "unsupported": .success([])
            default: .failure(.engineUnavailable(reason: wireString(response.message) ?? "no reason given"))
            }
        containerLookups.answer(agent.id, request: wireString(response.request_id), result)
    }
}

extension Agent {
    fileprivate func requestContainers(_ request: String) {
        connection?.send { arena in .containersRequest(arena.make { $0.request_id = arena.copy(request) }) }
    }
}

extension ContainerView {
    fileprivate init(_ wire: WireContainer) {
        let created = wireValue(wire.has_created_at_unix_ns, wire.created_at_unix_ns)
        self.init(
            id: String(wire: wire.id), name: String(wire: wire.name), image: String(wire: wire.image),
            state: String(wire: wire.state), status: String(wire: wire.status),
            health: wireValue(wire.has_health, wire.health).map { String(wire: $0) },
            createdAt: created.map { WallTime(millisecondsSince1970: Int64(clamping: $0 / 1_000_000)) },
            cpuPercent: wireValue(wire.has_cpu_percent, wire.cpu_percent),
            memoryBytes: wireValue(wire.has_memory_bytes, wire.memory_bytes),
            memoryLimitBytes: wireValue(wire.has_memory_limit_bytes, wire.memory_limit_bytes),
            ports: wireStrings(wire.n_ports, wire.ports))
    }
}
