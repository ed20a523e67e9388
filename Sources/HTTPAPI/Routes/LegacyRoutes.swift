import Model
import Service

extension RouteTable {
    /// The streams of the API before subscriptions. Each is a subscription that is made with the connection and goes with
    /// it.
    static let legacyRoutes: [Route] = [
        Route(
            stream: "/agents/{agent_id}/metrics/stream", .atLeast(.viewer),
            "The metrics of an agent: bare, the last known ones first",
            query: [.init("interval", .printable, "Seconds, 1 to 3600; anything else is taken for 5")],
            errors: [.agentNotFound], age: .replaced(by: "/subscriptions")
        ) { context in
            var config = StreamConfig.defaults(for: .metrics)
            config.format = .legacy
            config.interval = LegacyInterval.read(context.query.text("interval"))
            let agent = AgentSelector.one(try context.agentID)
            return .ownSubscription(NewSubscription(type: .metrics, agent: agent, config: config), context.principal)
        },
        Route(
            stream: "/stream", .atLeast(.viewer), "What a task prints, from its start to its end",
            query: [.init("ref", .identifier, "The task", isRequired: true)],
            errors: [.taskNotFound], age: .replaced(by: "/subscriptions")
        ) { context in
            guard let id = try context.query.identifier("ref", as: TaskID.self) else {
                throw APIError.invalid("ref", "ref is required: the id of a task")
            }
            let task = try await context.service.task(id, for: context.principal)
            guard task.streamType == .shellOutput || task.streamType == .dockerOutput else {
                throw APIError.invalid("ref", "ref is a deployment: subscribe to its \(task.streamType.rawValue)")
            }
            var config = StreamConfig.defaults(for: task.streamType)
            config.format = .legacy
            return .ownSubscription(
                NewSubscription(
                    type: task.streamType, agent: .one(task.agent), resource: task.id.text, config: config),
                context.principal)
        },
    ]
}

/// `interval` as it was taken before: whole seconds, and never an error.
enum LegacyInterval {
    static func read(_ text: String?) -> Milliseconds {
        guard let seconds = text.flatMap({ Int($0) }), (1...3_600).contains(seconds) else { return 5_000 }
        return seconds * 1_000
    }
}
