import Model
import Testing

@testable import AgentCore

private func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

@Suite("SampleSchedule")
struct SampleScheduleTests {
    @Test("the first sample is due at once, the others on the grid of the interval")
    func grid() {
        var schedule = SampleSchedule(interval: 1000, now: at(50))
        #expect(schedule.delay(now: at(50)) == 0)
        schedule.sampled(now: at(53))
        #expect(schedule.due == at(1050))
        schedule.sampled(now: at(1051))
        #expect(schedule.due == at(2050))
    }

    @Test("samples that were missed are not made up")
    func missed() {
        var schedule = SampleSchedule(interval: 1000, now: at(0))
        schedule.sampled(now: at(0))
        schedule.sampled(now: at(4700))
        #expect(schedule.due == at(5000))
    }

    @Test("a shorter interval takes effect from now, a longer one leaves the sample that is due")
    func update() {
        var schedule = SampleSchedule(interval: 5000, now: at(0))
        schedule.sampled(now: at(0))
        schedule.update(interval: 1000, now: at(500))
        #expect(schedule.due == at(1500))
        schedule.update(interval: 60_000, now: at(600))
        #expect(schedule.due == at(1500))
        schedule.sampled(now: at(1500))
        #expect(schedule.due == at(61_500))
    }

    @Test("a delay is rounded up, so that the timer does not come too early")
    func rounding() {
        var schedule = SampleSchedule(interval: 100, now: MonotonicTime(nanoseconds: 1))
        schedule.sampled(now: MonotonicTime(nanoseconds: 2))
        #expect(schedule.delay(now: MonotonicTime(nanoseconds: 2)) == 100)
        #expect(schedule.delay(now: MonotonicTime(nanoseconds: 100_000_000)) == 1)
    }
}
