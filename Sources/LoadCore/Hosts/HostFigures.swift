/// What the hosts have done, and what the store has of it.
package struct HostFigures: Sendable, Equatable {
    package var metricSamples = 0
    package var healthSamples = 0
    /// Connections that were welcomed, the first ones among them.
    package var welcomes = 0
    /// Lines that were due until the end, sent at least once, acknowledged, and sent again.
    package var due: UInt64 = 0
    package var sent: UInt64 = 0
    package var acknowledged: UInt64 = 0
    package var resent: UInt64 = 0
    /// Lines that had been acknowledged, which the gateway asked for again.
    package var forgotten: UInt64 = 0
    /// Acknowledgements of lines that were never sent.
    package var unfounded = 0
    /// From the time a line was due to its acknowledgement.
    package var acknowledgeTimes = LoadReport.Latency()
    /// From the time a needle was sent to the answer of a search that has it.
    package var searchTimes = LoadReport.Latency()
    package var needles: [Needle] = []
    /// Lines sent by each agent, which is what the store has to have.
    package var sentByAgent: [String: UInt64] = [:]

    mutating func add(_ cursor: LogCursor, agent: String, due: UInt64) {
        self.due += due
        sent += cursor.highest
        acknowledged += cursor.acknowledged
        resent += cursor.resent
        forgotten += cursor.forgotten
        unfounded += cursor.unfounded
        sentByAgent[agent] = cursor.highest
    }

    mutating func add(_ search: NeedleSearch) {
        searchTimes = LoadReport.Latency(search.times.raw)
        needles = search.needles
    }
}

/// A word that is in one line only.
package struct Needle: Sendable, Equatable {
    package var agent: Int
    package var number: UInt64
    /// CLOCK_MONOTONIC, when its line was sent for the first time.
    package var sent: UInt64
}
