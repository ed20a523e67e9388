import Testing

@testable import LoadCore

@Suite("Which log lines are due")
struct LogScheduleTests {
    private func schedule(agents: Int, rate: Int, milliseconds: Int = 2_000) -> LogSchedule {
        LogSchedule(
            agents: agents, rate: rate, start: 5_000_000_000, wallStart: 1_700_000_000_000_000_000,
            milliseconds: milliseconds)
    }

    @Test("all agents together have as many lines as the rate says, spread evenly", arguments: [1, 3, 20, 1_999])
    func total(agents: Int) {
        let schedule = schedule(agents: agents, rate: 20_000)
        #expect(schedule.total == 40_000)
        let counts = (0..<agents).map { schedule.count(agent: $0) }
        #expect(counts.max()! - counts.min()! <= 1)
    }

    @Test("a line counts from the moment it is due", arguments: [1, 7, 1_000, 33_333])
    func counting(rate: Int) {
        let schedule = schedule(agents: 3, rate: rate)
        for agent in 0..<3 {
            let last = schedule.count(agent: agent)
            for number in stride(from: UInt64(1), through: last, by: max(1, Int(last / 50))) {
                let due = schedule.due(agent: agent, number: number)
                #expect(schedule.count(agent: agent, at: due + 1) == number)
                #expect(schedule.count(agent: agent, at: due - 2) == number - 1)
            }
            #expect(schedule.count(agent: agent, at: .max) == last)
        }
        #expect(schedule.count(agent: 0, at: 0) == 0)
    }

    @Test("a line tells the time of the wall at which it was due")
    func wallTime() {
        let schedule = schedule(agents: 2, rate: 10)
        #expect(schedule.milliseconds(agent: 0, number: 1) == 1_700_000_000_000)
        #expect(schedule.milliseconds(agent: 1, number: 1) == 1_700_000_000_100)
        #expect(schedule.milliseconds(agent: 0, number: 3) == 1_700_000_000_400)
    }

    @Test("every agent gets needles in time, and there are two a second", arguments: [1, 2, 5, 20])
    func needles(agents: Int) {
        let schedule = schedule(agents: agents, rate: 5_000, milliseconds: 60_000)
        let needles = (0..<agents).map { agent in
            (1...schedule.count(agent: agent)).count { schedule.hasNeedle(agent: agent, number: $0) }
        }
        #expect((118...122).contains(needles.reduce(0, +)))
        #expect(needles.allSatisfy { $0 > 0 })
    }
}
