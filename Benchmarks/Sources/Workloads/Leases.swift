import Broker
import Model

extension Workload {
    /// What the broker has to do when clients come and go, and for each sample of an agent.
    static let broker = [
        Kind(name: "lease-churn", unit: "open and close", unitsPerRun: 1_000, countedRuns: 3) { leaseChurn() },
        Kind(name: "match-100-views", unit: "sample", unitsPerRun: 1, countedRuns: 100) { matchViews() },
    ]

    /// A thousand subscriptions of ten intervals on a hundred agents, opened and closed.
    private static func leaseChurn() -> Workload {
        var world = World(agents: 100)
        for number in 0..<1_000 {
            world.subscribe(.metrics, agent: World.agent(number % 100), interval: 1_000 * (1 + number / 100))
        }
        return Workload {
            world.actions.removeAll(keepingCapacity: true)
            let first = world.connectAll()
            world.disconnectAll(from: first)
        }
    }

    /// A sample of an agent whose metrics are watched in a hundred intervals: which of them get it?
    private static func matchViews() -> Workload {
        var world = World(agents: 1)
        let agent = World.agent(0)
        for number in 1...100 { world.subscribe(.metrics, agent: agent, interval: 100 * number) }
        _ = world.connectAll()
        let key = StreamKey(type: .metrics, agent: agent, resource: "")
        var due: [DueView] = []
        var sampledAt: UInt64 = 1_000_000_000
        return Workload {
            due.removeAll(keepingCapacity: true)
            sampledAt += 100_000_000
            world.broker.collectDueViews(key, sampledAt: sampledAt, into: &due)
        }
    }
}
