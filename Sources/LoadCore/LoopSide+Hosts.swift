import Options
import Reactor

/// Hosts and the store. Called by the main thread.
extension LoopSide {
    func connectHosts(to address: Endpoint) throws {
        try onLoop {
            self.hosts = HostFleet(self.plan, address: address, loop: self.loop, progress: self.progress)
            self.hosts?.connect()
        }
    }

    /// - Parameter time: of the first line, by CLOCK_MONOTONIC.
    func startLines(at time: UInt64, searching target: WebAddress, at address: SocketAddress) throws {
        try onLoop {
            let wallStart = MonotonicTime.unixNanoseconds + time - MonotonicTime.now
            let schedule = LogSchedule(
                agents: self.plan.logAgents, rate: self.plan.logRate, start: time, wallStart: wallStart,
                milliseconds: self.plan.duration)
            let search = NeedleSearch(self.search(target, address), run: self.plan.runID, loop: self.loop)
            self.hosts?.startLines(schedule, search: search)
        }
    }

    /// What has not been sent by now is not due any more.
    func stopLines() throws { try onLoop { self.hosts?.stopLines() } }

    var hostFigures: HostFigures {
        get throws { try onLoop { self.hosts?.summary ?? HostFigures() } }
    }

    /// Begins to ask for all that was sent. Returns at once; see `storeFindings`.
    /// - Returns: the number of questions.
    func checkStore(for figures: HostFigures, _ target: WebAddress, at address: SocketAddress) throws -> Int {
        try onLoop {
            let search = self.search(target, address)
            let check = StoreCheck(search, run: self.plan.runID, of: figures, loop: self.loop)
            self.storeCheck = check
            return check.count
        }
    }

    var answeredQuestions: Int {
        get throws { try onLoop { self.storeCheck?.answered ?? 0 } }
    }

    /// Nil until all is asked.
    var storeFindings: StoreFindings? {
        get throws {
            try onLoop { self.storeCheck.map { $0.answered == $0.count } == true ? self.storeCheck?.result : nil }
        }
    }

    private func search(_ target: WebAddress, _ address: SocketAddress) -> LogSearch {
        LogSearch(host: target.authority, address: address, token: plan.token, loop: loop, progress: progress)
    }
}
