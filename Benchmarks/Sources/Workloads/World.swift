import Broker
import Model

/// A broker with agents and subscriptions, and a clock that stands still.
struct World {
    static let time = WallTime(millisecondsSince1970: 1_732_365_000_123)
    private static let now = Now(monotonic: MonotonicTime(nanoseconds: 1_000_000_000_000), wall: time)

    var broker: Broker
    var actions: [BrokerAction] = []
    private(set) var subscriptions: [SubscriptionID] = []
    private var connections: UInt64 = 0

    init(agents: Int) {
        var settings = BrokerSettings()
        settings.standing = []
        broker = Broker(settings: settings)
        for number in 0..<agents {
            broker.agentConnected(
                Self.agent(number), labels: [:], streamTypes: [.metrics], Self.now, into: &actions)
        }
    }

    static func agent(_ number: Int) -> AgentID { AgentID("agent-\(number)") }

    mutating func subscribe(
        _ type: StreamType, agent: AgentID, resource: String = "", interval: Milliseconds = 1_000,
        filters: [String] = []
    ) {
        var config = StreamConfig.defaults(for: type)
        config.interval = interval
        config.filters = filters
        let id = SubscriptionID("sub_\(subscriptions.count)")
        let request = SubscriptionRequest(
            id: id, type: type, agent: .one(agent), resource: resource, config: config, principal: .anonymousAdmin)
        _ = required { try broker.createSubscription(request, Self.now, into: &actions) }
        subscriptions.append(id)
    }

    /// Opens every subscription on a connection of its own; returns the first connection.
    mutating func connectAll() -> UInt64 {
        let first = connections + 1
        for id in subscriptions {
            connections += 1
            required { try broker.connect(id, ConnectionID(connections), Self.now, into: &actions) }
        }
        return first
    }

    mutating func disconnectAll(from first: UInt64) {
        for number in first...connections {
            broker.disconnected(ConnectionID(number), Self.now, into: &actions)
        }
    }

    mutating func startTask(_ resource: String, agent: AgentID) {
        let stream = StreamKey(type: .shellOutput, agent: agent, resource: resource)
        broker.taskStarted(TaskID(resource), stream: stream, Self.now, into: &actions)
    }

    /// The key of the view that a subscription to this opens.
    static func view(_ type: StreamType, resource: String = "", filters: [String] = []) -> ViewKey {
        var world = World(agents: 1)
        if !resource.isEmpty { world.startTask(resource, agent: agent(0)) }
        world.subscribe(type, agent: agent(0), resource: resource, filters: filters)
        _ = world.connectAll()
        for case .viewOpened(let view) in world.actions { return view.key }
        fatalError("no view was opened")
    }
}
