import HTTPAPI
import JSON
import Model
import Testing

@Suite("Times in requests")
struct TimeTextTests {
    @Test(
        "seconds since 1970 and RFC 3339",
        arguments: [
            ("0", 0), ("1738138530", 1_738_138_530_000), ("1738138530.007", 1_738_138_530_007),
            ("1738138530.0079", 1_738_138_530_008), ("253402300799.999", 253_402_300_799_999),
            ("1970-01-01T00:00:00Z", 0), ("2025-01-29T08:15:30.007Z", 1_738_138_530_007),
            ("2025-01-29t08:15:30.0079z", 1_738_138_530_007), ("2025-01-29 08:15:30.5Z", 1_738_138_530_500),
            ("2025-01-29T09:15:30+01:00", 1_738_138_530_000), ("2025-01-29T09:15:30 01:00", 1_738_138_530_000),
            ("2025-01-29T02:45:30-05:30", 1_738_138_530_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ])
    func good(text: String, milliseconds: Int64) {
        #expect(TimeText.parse(text) == WallTime(millisecondsSince1970: milliseconds))
    }

    @Test(
        "anything else is none",
        arguments: [
            "", " ", "-1", "+1", "1.", ".5", "1.2.3", "1e9", "0x10", "inf", "nan", "253402300800", "1738138530007",
            String(repeating: "9", count: 400), "now", "1h", "2025-01-29", "2025-01-29T08:15Z", "2025-01-29T08:15:30",
            "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z", "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z", "2025-01-00T00:00:00Z", "2025-01-29T24:00:00Z", "2025-01-29T08:60:00Z",
            "2025-01-29T08:15:61Z", "2025-01-29T08:15:30.Z", "2025-01-29T08:15:30+0100", "2025-01-29T08:15:30+24:00",
            "2025-01-29T08:15:30ZZ", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "25-01-29T08:15:30Z",
            "٢٠٢٥-01-29T08:15:30Z", "2025-01-29T08:15:30Z ",
        ])
    func bad(text: String) {
        #expect(TimeText.parse(text) == nil)
    }

    @Test("what the API writes it reads")
    func roundTrip() {
        for milliseconds in stride(from: Int64(0), to: 253_402_300_800_000, by: 126_701_234_567) {
            var bytes: [UInt8] = []
            Timestamp.append(millisecondsSince1970: milliseconds, to: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(TimeText.parse(text) == WallTime(millisecondsSince1970: milliseconds), "\(text)")
        }
    }
}
