import Model
import Service

extension RouteTable {
    static let subscriptionRoutes: [Route] = [
        Route(
            .post, "/subscriptions", .atLeast(.viewer), "Subscribe to a stream",
            body: .json(schema: "SubscriptionRequest"), response: "Subscription", statuses: [201],
            errors: [
                .unknownStreamType, .resourceRequired, .notAClientStream, .agentNotFound, .taskNotFound,
                .deploymentNotFound, .containerNotFound, .sessionNotFound, .sessionFull, .conflict, .rateLimited,
            ]
        ) { context in
            let request = try NewSubscription(context)
            let created = try await context.service.createSubscription(request, for: context.principal)
            var response = HTTPResponse.json(201) {
                created.write(to: &$0, context.configuration.pathPrefix, withDelivery: false)
            }
            response.headers.append(("Location", "/subscriptions/\(created.id)"))
            return response
        },
        Route(
            .get, "/subscriptions", .atLeast(.viewer), "List the subscriptions that the caller may see",
            query: [
                .init("stream_type", .choice(StreamType.self), "Only of this type"),
                .init("agent_id", .either(.identifier, .choice(["*"])), "Only of this agent, or \"*\""),
                .init("session_id", .identifier, "Only of this session"),
            ] + .paging,
            response: "SubscriptionList"
        ) { context in
            let page = try context.query.page
            let filter = SubscriptionSelection(
                type: try context.query.choice("stream_type", of: StreamType.self),
                agent: try context.query.agentSelector("agent_id"),
                session: try context.query.identifier("session_id", as: SessionID.self))
            let list = try await context.service.subscriptions(filter, page: page, for: context.principal)
            return .page("subscriptions", list, page) { $0.write(to: &$1, context.configuration.pathPrefix) }
        },
        Route(
            .get, "/subscriptions/{subscription_id}", .atLeast(.viewer), "One subscription and its delivery counts",
            response: "Subscription"
        ) { context in
            let id = try context.subscriptionID
            let subscription = try await context.service.subscription(id, for: context.principal)
            return .json { subscription.write(to: &$0, context.configuration.pathPrefix) }
        },
        Route(
            .delete, "/subscriptions/{subscription_id}", .atLeast(.viewer), "End a subscription", response: nil
        ) { context in
            try await context.service.deleteSubscription(try context.subscriptionID, for: context.principal)
            return .noContent
        },
        Route(stream: "/streams/{subscription_id}", .capability, "The events of one subscription") { context in
            .subscription(try context.subscriptionID)
        },
        Route(
            .post, "/sessions", .atLeast(.viewer), "Open a session: one connection for many subscriptions",
            body: .json(schema: "SessionRequest", isOptional: true), response: "Session", statuses: [201],
            errors: [.rateLimited]
        ) { context in
            _ = try context.bodyFields([])
            let session = try await context.service.createSession(for: context.principal)
            return .json(201) { session.write(to: &$0, context.configuration.pathPrefix) }
        },
        Route(
            .delete, "/sessions/{session_id}", .atLeast(.viewer), "End a session and its subscriptions", response: nil
        ) { context in
            try await context.service.deleteSession(try context.sessionID, for: context.principal)
            return .noContent
        },
        Route(stream: "/sessions/{session_id}/events", .capability, "The events of a session") { context in
            .session(try context.sessionID)
        },
    ]
}
