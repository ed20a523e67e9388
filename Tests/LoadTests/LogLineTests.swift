import JSON
import Testing

@testable import LoadCore

@Suite("Log lines as programs write them")
struct LogLineTests {
    private static let time: Int64 = 1_795_871_234_567  // 2026-11-28T13:07:14.567Z

    private func line(_ number: UInt64, agent: Int = 3, needle: Bool = false, size: Int = 300) -> (LogLine, String) {
        let line = LogLine(
            run: "r1", agent: agent, number: number, milliseconds: Self.time, hasNeedle: needle, size: size)
        var bytes: [UInt8] = []
        line.write(to: &bytes)
        return (line, String(decoding: bytes, as: UTF8.self))
    }

    @Test("a line has its size, says whose it is, and is one line", arguments: [200, 300, 4_096, 60_000])
    func size(_ size: Int) {
        for number: UInt64 in 1...200 {
            let (_, text) = line(number, size: size)
            #expect(text.utf8.count == size)
            #expect(text.contains("a3n\(number)"))
            #expect(!text.contains("\n"))
        }
    }

    @Test("the same number gives the same line, another one another")
    func repeatable() {
        #expect(line(17).1 == line(17).1)
        #expect(Set((1...500 as ClosedRange<UInt64>).map { line($0).1 }).count == 500)
    }

    @Test("there are all formats, and a few errors and warnings")
    func mixture() {
        let lines = (1...5_000 as ClosedRange<UInt64>).map { line($0).0 }
        for format in LogLine.Format.allCases { #expect(lines.count { $0.format == format } > 400) }
        #expect((50...150).contains(lines.count { $0.level == .error }))
        #expect((150...350).contains(lines.count { $0.level == .warn }))
    }

    @Test("a needle is in its line's message, whatever the format")
    func needle() throws {
        for number: UInt64 in 1...300 {
            let (line, text) = line(number, needle: true)
            #expect(line.format != .access)
            #expect(text.contains("a3n\(number) needle-r1-3-\(number)"))
            guard line.format == .json else { continue }
            let json = try JSONParser.parse(Array(text.utf8))
            #expect(json["msg"]?.string?.hasSuffix("needle-r1-3-\(number)") == true)
            #expect(json["level"]?.string == line.level.rawValue.lowercased())
        }
    }

    @Test("each format has its own look")
    func looks() throws {
        var seen: [LogLine.Format: String] = [:]
        for number: UInt64 in 1...100 {
            let (line, text) = line(number)
            seen[line.format] = text
        }
        let day = "2026-11-28T13:07:14.567Z"
        #expect(try #require(seen[.json]).hasPrefix("{\"ts\":\"\(day)\",\"level\":\""))
        #expect(try #require(seen[.logfmt]).hasPrefix("ts=\(day) level="))
        #expect(try #require(seen[.syslog]).hasPrefix("\(day) host-3 "))
        #expect(try #require(seen[.access]).contains("[28/Nov/2026:13:07:14 +0000] \"GET /api/orders/"))
        #expect(try #require(seen[.plain]).hasPrefix("\(day) "))
    }
}
