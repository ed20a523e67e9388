import Testing

@testable import AgentCore

@Suite("LogLine")
struct LogLineTests {
    /// All lines, and where the search stopped.
    private func lines(_ bytes: [UInt8], atEnd: Bool = false) -> (lines: [[UInt8]], end: Int) {
        bytes.withUnsafeBytes { bytes in
            var lines: [[UInt8]] = []
            var place = 0
            while let cut = LogLine.next(in: bytes, from: place, atEnd: atEnd) {
                lines.append(Array(bytes[cut.line]))
                place = cut.end
            }
            return (lines, place)
        }
    }

    private func lines(_ text: String, atEnd: Bool = false) -> [String] {
        lines(Array(text.utf8), atEnd: atEnd).lines.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a line ends with LF or CR LF; what has no end yet waits")
    func breaks() {
        #expect(lines("a\nb\r\n\nc\rd\nrest") == ["a", "b", "", "c\rd"])
        #expect(lines("a\nrest", atEnd: true) == ["a", "rest"])
        #expect(lines("") == [] && lines("", atEnd: true) == [])
    }

    @Test("any byte may stand in a line")
    func bytes() {
        let line: [UInt8] = [0, 0xff, 0xfe, 0x80, 1]
        #expect(lines(line + [10]).lines == [line])
    }

    @Test("a line of the greatest length is one line, a longer one is several, cut between characters")
    func long() {
        let longest = [UInt8](repeating: 65, count: LogLine.maximum)
        #expect(lines(longest + [10]).lines == [longest])
        #expect(lines(longest).lines == [], "its break may come next")
        #expect(lines(longest + [66, 10]).lines == [longest, [66]])
        let text = Array(String(repeating: "ä", count: LogLine.maximum).utf8)
        let parts = lines([65] + text + [10]).lines
        #expect(parts.map(\.count) == [LogLine.maximum - 1, LogLine.maximum, 2])
        #expect(parts.allSatisfy { String(validating: $0, as: UTF8.self) != nil })
    }

    @Test("a part that is read again gives the same lines")
    func again() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let bytes = (0..<Int.random(in: 1...200_000, using: &random)).map { _ in
                Int.random(in: 0..<20_000, using: &random) == 0 ? 10 : UInt8.random(in: 11...255, using: &random)
            }
            let whole = lines(bytes)
            let part = Array(bytes[..<whole.end])
            #expect(lines(part, atEnd: true).lines == whole.lines, "seed \(seed)")
        }
    }
}
