import Payloads
import JSON
import Model
import Service

extension RouteTable {
    static let streamRoutes: [Route] = [
        Route(
            .get, "/stream-types", .atLeast(.viewer), "The types of streams there are", response: "StreamTypes"
        ) { _ in
            .json {
                $0.object { $0.array("stream_types") { for type in StreamType.allCases { type.info.write(to: &$0) } } }
            }
        },
        Route(
            .get, "/agents/{agent_id}/streams", .atLeast(.viewer), "The streams that run on an agent, and why",
            query: .paging, response: "StreamList"
        ) { context in
            try await streamList(context, agent: try context.agentID)
        },
        Route(
            .get, "/admin/streams", .atLeast(.admin), "The streams that run, and why", query: .paging,
            response: "StreamList"
        ) { context in
            try await streamList(context, agent: nil)
        },
        Route(
            .post, "/admin/streams/server", .atLeast(.admin), "Keep a stream running for the gateway itself",
            body: .json(schema: "ServerStreamRequest"), response: "ServerStream", statuses: [201, 200],
            errors: [.unknownStreamType, .agentNotFound, .rateLimited]
        ) { context in
            let request = try ServerStreamRequest(context)
            let stream = try await context.service.upsertServerStream(request, for: context.principal)
            return .json(stream.isNew ? 201 : 200) { stream.write(to: &$0) }
        },
        Route(
            .delete, "/admin/streams/server/{stream_id}", .atLeast(.admin), "Keep it running no longer", response: nil
        ) { context in
            try await context.service.deleteServerStream(try context.streamID, for: context.principal)
            return .noContent
        },
        Route(
            .post, "/agents/{agent_id}/metrics/start", .atLeast(.operator), "Keep the metrics of an agent running",
            body: .json(schema: "MetricsStartRequest", isOptional: true), response: "MetricsStreaming",
            errors: [.rateLimited], age: .replaced(by: "/admin/streams/server")
        ) { context in
            let config = try StreamConfig(metricsStart: context)
            let stream = try await context.service.startMetrics(
                of: try context.agentID, config: config, for: context.principal)
            return .json {
                $0.object {
                    $0.member("message", "metrics streaming started")
                    $0.member("agent_id", stream.request.agent)
                    $0.member("stream_id", stream.id)
                    $0.member("interval_seconds", seconds: stream.request.config.interval)
                    $0.array("metrics", of: stream.request.config.filters)
                }
            }
        },
        Route(
            .post, "/agents/{agent_id}/metrics/stop", .atLeast(.operator), "Keep them running no longer",
            body: .json(schema: "MetricsStartRequest", isOptional: true), response: "MetricsStreaming",
            age: .replaced(by: "/admin/streams/server")
        ) { context in
            _ = try StreamConfig(metricsStart: context)  // clients send to both what they send to one
            let agent = try context.agentID
            try await context.service.stopMetrics(of: agent, for: context.principal)
            return .json {
                $0.object {
                    $0.member("message", "metrics streaming stopped")
                    $0.member("agent_id", agent)
                }
            }
        },
    ]

    private static func streamList(_ context: RequestContext, agent: AgentID?) async throws -> HTTPResponse {
        let page = try context.query.page
        let list = try await context.service.streams(of: agent, page: page, for: context.principal)
        return .page("streams", list, page) { $0.write(to: &$1) }
    }
}
