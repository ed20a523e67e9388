import Model
import Testing

@testable import Processing

@Suite("Times in log lines")
struct LineTimeTests {
    private func time(_ text: String, now: WallTime = noon) -> Int64? {
        let context = TimeContext(now: now, utcOffsetMinutes: 0)
        return Array(text.utf8).withByteText { milliseconds(LineTime(fieldIn: $0, context: context)?.time) }
    }

    private func syslog(_ text: String, now: Int64) -> Int64? {
        let context = TimeContext(now: WallTime(millisecondsSince1970: now), utcOffsetMinutes: 0)
        return Array(text.utf8).withByteText { milliseconds(LineTime(syslogIn: $0, context: context)?.time) }
    }

    @Test("seconds, milliseconds, microseconds and nanoseconds since 1970 are told apart by their size")
    func epoch() {
        let expected: Int64 = 1_795_448_066_123
        #expect(time("1795448066.1234") == expected)
        #expect(time("1795448066123") == expected)
        #expect(time("1795448066123456") == expected)
        #expect(time("1795448066123456789") == expected)
        #expect(time("1795448066") == 1_795_448_066_000)
        #expect(time("123") == nil)
        #expect(time("99999999999999999999") == nil)
    }

    @Test("zones count, with and without a colon")
    func zones() {
        #expect(time("2026-11-23T15:34:26Z") == 1_795_448_066_000)
        #expect(time("2026-11-23T16:34:26+01:00") == 1_795_448_066_000)
        #expect(time("2026-11-23 10:34:26 -0500") == 1_795_448_066_000)
        #expect(time("2026-11-23T15:34:26,5") == 1_795_448_066_500)
    }

    @Test(
        "days and hours that do not exist are no times",
        arguments: ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-31 00:00:00"])
    func invalid(text: String) { #expect(time(text) == nil) }

    @Test("a leap day is a day")
    func leapDay() { #expect(time("2028-02-29T00:00:00Z") == 1_835_395_200_000) }

    @Test("a time without a year is the latest that is not more than a day ahead")
    func years() {
        let newYear: Int64 = 1_798_761_600_000  // 2027-01-01T00:00:00Z
        #expect(syslog("Dec 31 23:59:59", now: newYear + 1_000) == newYear - 1_000)
        #expect(syslog("Jan  1 00:00:01", now: newYear - 1_000) == newYear + 1_000)
        #expect(syslog("Jan  1 00:00:01", now: newYear + 60_000) == newYear + 1_000)
        #expect(syslog("Feb 29 00:00:00", now: newYear) == 1_709_164_800_000)  // 2024
    }

    @Test("without a zone, the host's own time is meant")
    func hostTime() {
        let parsed = LineParser(utcOffsetMinutes: 120).parse(Array("2026-11-23 17:34:26 INFO x".utf8), now: noon)
        #expect(milliseconds(parsed.timestamp) == 1_795_448_066_000)
    }
}
