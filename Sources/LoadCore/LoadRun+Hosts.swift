import Glibc
import Options
import Synchronization

/// The part of a run that has to do with hosts: agents whose lines and samples the gateway stores.
extension LoadRun {
    func prepareHosts(_ agents: Endpoint) throws {
        guard plan.logAgents + plan.metricAgents > 0 else { return }
        try side.connectHosts(to: agents)
        let progress = side.progress
        try wait("hosts connected", for: plan.logAgents + plan.metricAgents) {
            progress.hosts.load(ordering: .relaxed)
        }
        try wait("log streams wanted", for: plan.logAgents) { progress.logStreams.load(ordering: .relaxed) }
    }

    func startLines(at time: UInt64) throws {
        guard plan.logAgents > 0, case .gateway(let target, _) = plan.target else { return }
        try side.startLines(at: time, searching: target, at: address)
    }

    /// Waits until all lines are acknowledged and every needle was found, for as long as the drain may take.
    func drainLines() throws {
        guard plan.logAgents + plan.metricAgents > 0 else { return }
        if isInterrupted { try side.stopLines() }
        let end = MonotonicTime.now + UInt64(plan.drain) * 1_000_000
        var figures = try side.hostFigures
        while !figures.isSettled, MonotonicTime.now < end, !isInterrupted {
            usleep(20_000)
            sample()
            figures = try side.hostFigures
        }
        record.hosts = figures
    }

    /// Asks the store for all that was sent; again, as long as the drain may take, where something is not there yet.
    func checkStore() throws {
        guard plan.logAgents > 0, let figures = record.hosts, case .gateway(let target, _) = plan.target else { return }
        let end = MonotonicTime.now + UInt64(plan.drain) * 1_000_000
        repeat {
            let questions = try side.checkStore(for: figures, target, at: address)
            try wait("questions to the store answered", for: questions, orFailed: true) {
                (try? side.answeredQuestions) ?? 0
            }
            record.store = try side.storeFindings
        } while record.store?.isGood == false && MonotonicTime.now < end && !isInterrupted
    }
}
