/// Which lines there are, and when each is due: line i over all agents i / rate seconds after the start. A line is known
/// by its agent and its number, from 1 for each agent, so nothing has to be kept of what has not been acknowledged.
struct LogSchedule: Sendable, Equatable {
    let agents: Int
    /// CLOCK_MONOTONIC and the clock of the wall at the same moment, in nanoseconds.
    let start: UInt64
    let wallStart: UInt64
    /// No line is due at or after this time.
    let end: UInt64
    /// Nanoseconds between two lines.
    let period: Double
    /// One of so many lines, over all agents, carries a needle.
    let needleStride: UInt64

    /// How many needles there are in a second at most.
    static let needlesPerSecond = 2

    init(agents: Int, rate: Int, start: UInt64, wallStart: UInt64, milliseconds: Int) {
        self.agents = agents
        self.start = start
        self.wallStart = wallStart
        end = start + UInt64(milliseconds) * 1_000_000
        period = 1e9 / Double(rate)
        needleStride = Self.stride(agents: UInt64(agents), atLeast: UInt64(max(10, rate / Self.needlesPerSecond)))
    }

    /// Has nothing in common with the number of agents, so that all of them get needles.
    private static func stride(agents: UInt64, atLeast least: UInt64) -> UInt64 {
        var stride = least
        while commonDivisor(stride, agents) != 1 { stride += 1 }
        return stride
    }

    private static func commonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : commonDivisor(b, a % b) }

    private func index(agent: Int, number: UInt64) -> UInt64 { (number - 1) * UInt64(agents) + UInt64(agent) }

    /// CLOCK_MONOTONIC.
    func due(agent: Int, number: UInt64) -> UInt64 {
        start + UInt64(Double(index(agent: agent, number: number)) * period)
    }

    /// The time that the line itself tells, in milliseconds since 1970.
    func milliseconds(agent: Int, number: UInt64) -> Int64 {
        Int64((wallStart + (due(agent: agent, number: number) - start)) / 1_000_000)
    }

    func hasNeedle(agent: Int, number: UInt64) -> Bool {
        index(agent: agent, number: number) % needleStride == needleStride / 2
    }

    /// The lines of an agent that are due by a time.
    func count(agent: Int, at time: UInt64) -> UInt64 {
        guard time >= start, end > start else { return 0 }
        let newest = UInt64(Double(min(time, end - 1) - start) / period)
        return newest < UInt64(agent) ? 0 : (newest - UInt64(agent)) / UInt64(agents) + 1
    }

    /// The lines of an agent until the end.
    func count(agent: Int) -> UInt64 { count(agent: agent, at: end) }

    var total: UInt64 { (0..<agents).reduce(0) { $0 + count(agent: $1) } }
}
