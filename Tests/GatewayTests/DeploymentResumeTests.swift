import Gateway
import JSON
import TestSupport
import Testing

/// Somebody who watches a deployment over a connection that breaks wherever it likes, and comes back with the last id.
private final class Watcher {
    let config: DeploymentConfig
    private let path: String
    private var kept: [EventSource.Event] = []
    private var source: EventSource?
    /// Of the beginning of the first connection: what a browser sends when no event has come.
    private var opening: String?

    init(_ config: DeploymentConfig, of deployment: String, _ gateway: TestGateway) async throws {
        self.config = config
        path = try await gateway.subscribe("deployment_status", resource: deployment, config: config.rawValue)
    }

    var isOpen: Bool { source.map { !$0.hasEnded } ?? false }
    var seen: [EventSource.Event] { kept + (source?.numbered ?? []) }

    func connect(to gateway: TestGateway, receiveBuffer: Int32?) throws {
        source = try EventSource(
            port: gateway.httpPort, path, lastEventID: kept.last?.id ?? opening, receiveBuffer: receiveBuffer)
    }

    /// Some of the last events may not have been taken in. Without any sign of the gateway nothing happens: whoever comes
    /// back without an id to a stream that was delivered meanwhile is told that it is over.
    func breakOff(losing count: Int) {
        if let source, kept.isEmpty, opening == nil {
            let blocks = EventSource.blocks(of: source.text)
            guard let id = blocks.first?.first(where: { $0.hasPrefix("id: ") }) else { return }
            opening = String(id.dropFirst(4))
        }
        let events = source?.numbered ?? []
        kept += events.dropLast(count)
        source?.leave()
        source = nil
    }
}

@Suite struct DeploymentResumeTests {
    private static let lines = [
        "noise", "noise", "noise", "::progress 10", "::progress 60 x", "::phase building", "::message hello",
        "::service web healthy up", "::service db degraded slow", "::phase starting", "::step 2/3 next", "",
    ]

    @Test(
        "watchers that break off and return at random see what one sees who reads it all at the end",
        arguments: [seed()])
    func random(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let comment: Comment = "repeat with SLUICE_SEED=\(seed)"
        let gateway = try await TestGateway { $0.maxClientBytes = 20_000 }
        let agent = try await gateway.deployer()
        let (task, id) = try await gateway.deployed(on: agent)
        var watchers: [Watcher] = []
        for config in DeploymentConfig.allCases + DeploymentConfig.allCases {
            watchers.append(try await Watcher(config, of: id, gateway))
        }
        var next: UInt64 = 1
        for _ in 0..<30 {
            let count = UInt64.random(in: 1...30, using: &random)
            let texts = (0..<count).map { _ in Self.lines.randomElement(using: &random)! }
            let gap: UInt64 = Int.random(in: 0..<8, using: &random) == 0 ? 3 : 0
            agent.lines(task, from: next + gap, texts)
            next += gap + count
            for watcher in watchers where Int.random(in: 0..<3, using: &random) == 0 {
                if watcher.isOpen {
                    watcher.breakOff(losing: Int.random(in: 0...3, using: &random))
                } else {
                    try watcher.connect(to: gateway, receiveBuffer: Bool.random(using: &random) ? 4_096 : nil)
                }
            }
        }
        agent.finish(task, seq: next, exitCode: 0)
        try await agent.hearAck(task, upTo: next, isFinal: true)
        for watcher in watchers where !watcher.isOpen {
            watcher.breakOff(losing: 0)
            try watcher.connect(to: gateway, receiveBuffer: nil)
        }
        for watcher in watchers {
            try await eventually("\(watcher.config) is through") {
                if !watcher.isOpen, watcher.seen.last?.kind != "deployment_complete" {
                    watcher.breakOff(losing: 0)
                    try watcher.connect(to: gateway, receiveBuffer: nil)
                }
                return watcher.seen.last?.kind == "deployment_complete"
            }
            let all = try await gateway.watch(id, config: watcher.config.rawValue)
            try await all.hearEnd()
            let expected = all.numbered.filter { $0.kind != "gap" }.map(\.bytes)
            #expect(watcher.seen.filter { $0.kind != "gap" }.map(\.bytes) == expected, "\(watcher.config) \(comment)")
            #expect(watcher.seen.map(\.id) == all.numbered.map(\.id), "\(watcher.config) \(comment)")
        }
        await gateway.stop()
    }
}
