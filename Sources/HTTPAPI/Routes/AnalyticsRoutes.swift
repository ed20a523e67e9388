import JSON
import Model
import Service

extension RouteTable {
    static let analyticsRoutes: [Route] = [
        Route(
            .get, "/analytics/agents/{agent_id}/health", .atLeast(.viewer),
            "How a host is, and what is likely to happen to it", response: "HealthAnalysis"
        ) { context in
            let health = try await context.service.health(of: try context.agentID, for: context.principal)
            return .json { health.write(to: &$0) }
        },
        Route(
            .get, "/analytics/fleet", .atLeast(.viewer), "The same of every host, and alerts about many of them",
            response: "FleetAnalysis"
        ) { context in
            let fleet = try await context.service.fleetHealth(for: context.principal)
            return .json { fleet.write(to: &$0) }
        },
    ]
}
