import Model
import TestSupport
import Testing

@testable import Broker

@Suite("Convergence")
struct ConvergenceTests {
    @Test(
        "whatever happens in whatever order, one heartbeat later agents run exactly what is leased, and nothing leaks",
        arguments: [seed()])
    func anyOrder(seed: UInt64) {
        for run in 0..<2_000 {
            let runSeed = seed &+ UInt64(run)
            var world = RandomWorld(seed: runSeed)
            for _ in 0..<2 {
                for _ in 0..<Int.random(in: 1...60, using: &world.random) { world.step() }
                world.settle()
                world.checkSettled()
            }
            world.tearDown()
            #expect(world.violations == [], "repeat with SLUICE_SEED=\(runSeed)")
            guard world.violations.isEmpty else { return }
        }
    }

    @Test(
        "each listener gets samples no faster than it asked for, and no slower than that and one sample",
        arguments: [seed()])
    func pace(seed: UInt64) throws {
        for run in 0..<200 {
            let runSeed = seed &+ UInt64(run)
            var random = SeededGenerator(runSeed)
            let violations = try PaceRun(random: &random).violations
            #expect(violations == [], "repeat with SLUICE_SEED=\(runSeed)")
            guard violations.isEmpty else { return }
        }
    }
}

/// Listeners of one stream come and go; the agent takes samples at the smallest interval that is leased, with a timer
/// that trembles.
private struct PaceRun {
    private struct Listener {
        let interval: Milliseconds
        let topic: TopicID
        let connection: ConnectionID
        var lastTaken: Int?
        /// The slowest sampling since the last sample it got.
        var slowest = 0
    }

    private(set) var violations: [String] = []
    private var world = Fixture { $0.linger = 0 }
    private var listeners: [Listener] = []
    /// Milliseconds of the agent's clock, without the trembling.
    private var time = 1_000_000

    init(random: inout SeededGenerator) throws {
        world.connectAgent()
        for _ in 0..<300 {
            if listeners.isEmpty || random.chance(0.05) {
                try add([500, 1_000, 1_500, 5_000].randomElement(using: &random) ?? 500)
            }
            if listeners.count > 1, random.chance(0.05) { remove(Int.random(in: listeners.indices, using: &random)) }
            let interval = listeners.map(\.interval).min() ?? 500
            time += interval
            sample(at: time + Int.random(in: -20...20, using: &random), interval: interval)
        }
    }

    private mutating func add(_ interval: Milliseconds) throws {
        guard !listeners.contains(where: { $0.interval == interval }) else { return }
        let connection = try world.listen { $0.interval = interval }
        let topic = world.connections[connection]?.topics.first ?? TopicID(0)
        listeners.append(Listener(interval: interval, topic: topic, connection: connection))
    }

    private mutating func remove(_ index: Int) {
        world.disconnect(listeners.remove(at: index).connection)
    }

    private mutating func sample(at moment: Int, interval: Milliseconds) {
        var due: [DueView] = []
        world.broker.collectDueViews(
            StreamKey(type: .metrics, agent: AgentID("a")), sampledAt: UInt64(moment) * 1_000_000, into: &due)
        for index in listeners.indices {
            listeners[index].slowest = max(listeners[index].slowest, interval)
            let listener = listeners[index]
            let isTaken = due.contains { $0.topic == listener.topic }
            if let last = listener.lastTaken {
                let gap = moment - last
                // Half a sample of tolerance where it is the stream's own pace, a tenth otherwise.
                if isTaken, gap < listener.interval - max(listener.interval / 10, 50) {
                    violations.append("\(listener.interval) ms listener: \(gap) ms between samples")
                }
                if gap > listener.interval + listener.slowest + 40 {
                    violations.append("\(listener.interval) ms listener: nothing for \(gap) ms")
                }
            }
            if isTaken {
                listeners[index].lastTaken = moment
                listeners[index].slowest = 0
            }
        }
    }
}
