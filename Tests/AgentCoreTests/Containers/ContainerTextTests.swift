import Model
import Testing

@testable import AgentCore

@Suite("What containers print")
struct ContainerTextTests {
    private struct Line: Equatable, CustomStringConvertible {
        var text: String
        var isError = false
        var time: UInt64?
        var isTruncated = false
        var description: String { "\(text)|\(isError)|\(time ?? 0)|\(isTruncated)" }
    }

    private func decode(
        _ pieces: [[UInt8]], hasTerminal: Bool = false, from place: LogPlace = LogPlace()
    ) throws -> [Line] {
        var decoder = ContainerLogDecoder(hasTerminal: hasTerminal, from: place)
        var lines: [Line] = []
        let sink: (ContainerLogDecoder.Line) -> Void = {
            lines.append(
                Line(
                    text: String(decoding: $0.bytes, as: UTF8.self), isError: $0.stream == .stderr,
                    time: $0.timestamp, isTruncated: $0.isTruncated))
        }
        for piece in pieces { try piece.withUnsafeBytes { try decoder.consume($0, into: sink) } }
        decoder.finish(into: sink)
        return lines
    }

    private let first = "2024-05-06T07:08:09.000000001Z"
    private let second = "2024-05-06T07:08:09.000000002Z"
    private let base: UInt64 = 1_714_979_289_000_000_000

    @Test("frames of both streams become lines with their times, wherever they are cut in two")
    func everyCut() throws {
        let bytes =
            frame(1, first + " one\n") + frame(2, second + " two\n") + frame(1, []) + frame(1, first + " \n")
            + frame(1, second + " a b") + frame(2, first + " x\n") + frame(1, second + " c\n") + frame(1, "no time\n")
        let expected = [
            Line(text: "one", time: base + 1), Line(text: "two", isError: true, time: base + 2),
            Line(text: "", time: base + 1), Line(text: "x", isError: true, time: base + 1),
            Line(text: "a bc", time: base + 2), Line(text: "no time"),
        ]
        for cut in 0...bytes.count {
            #expect(try decode([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "cut at \(cut)")
        }
        #expect(try decode(bytes.map { [$0] }) == expected)
    }

    @Test("a terminal's output has no frames; its line breaks and times are taken off")
    func terminal() throws {
        let bytes = Array("\(first) one\r\n\(second) two\r\n\(second) three".utf8)
        let expected = [
            Line(text: "one", time: base + 1), Line(text: "two", time: base + 2), Line(text: "three", time: base + 2),
        ]
        for cut in 0...bytes.count {
            #expect(try decode([Array(bytes[..<cut]), Array(bytes[cut...])], hasTerminal: true) == expected)
        }
    }

    @Test("what an engine keeps in pieces is one line again, with the time of the first")
    func pieces() throws {
        let long = String(repeating: "x", count: 16_384)
        let bytes = frame(1, "\(first) \(long)") + frame(1, "\(second) \(long)") + frame(1, "\(second) end\n")
        #expect(try decode([bytes]) == [Line(text: long + long + "end", time: base + 1)])
    }

    @Test("behind what was the last line before, and had no break, another line begins, wherever they are cut in two")
    func formerEnd() throws {
        let place = LogPlace(timestamp: base + 1, count: 1, open: OpenLines(stdout: 4))
        let expected = [Line(text: "text", time: base + 1), Line(text: "hello", time: base + 2)]
        let framed = frame(1, first + " text") + frame(1, second + " hello\n")
        let plain = Array("\(first) text\(second) hello\r\n".utf8)
        for (bytes, hasTerminal) in [(framed, false), (plain, true)] {
            for cut in 0...bytes.count {
                let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
                #expect(try decode(pieces, hasTerminal: hasTerminal, from: place) == expected, "cut at \(cut)")
            }
        }
        // In pieces, as an engine keeps what is long.
        let long = frame(1, first + " te") + frame(1, second + " xt") + frame(1, second + " hello\n")
        #expect(try decode([long], from: place) == expected)
    }

    @Test("what only begins like the last line before stays one line", arguments: [false, true])
    func noFormerEnd(hasTerminal: Bool) throws {
        let place = LogPlace(timestamp: base + 1, count: 1, open: OpenLines(stdout: 4, stderr: 4))
        let texts = ["text", "textual", "text ual", "text 2024-05-06", "tex"]
        let bytes = texts.flatMap { text in
            hasTerminal ? Array("\(first) \(text)\r\n".utf8) : frame(1, "\(first) \(text)\n")
        }
        #expect(
            try decode(bytes.map { [$0] }, hasTerminal: hasTerminal, from: place)
                == texts.map { Line(text: $0, time: base + 1) })
    }

    @Test("a giant line comes in parts of at most 64 KiB that say so")
    func giant() throws {
        let bytes = frame(1, Array("\(first) ".utf8) + [UInt8](repeating: 0x61, count: 200_000) + [0x0A])
        let lines = try decode([bytes])
        #expect(lines.map(\.text.utf8.count).reduce(0, +) == 200_000)
        #expect(lines.allSatisfy { $0.text.utf8.count <= 65_536 && $0.time == base + 1 })
        #expect(lines.map(\.isTruncated) == [true, true, true, false])
    }

    @Test("a frame may claim any length: nothing is kept for it")
    func hostileLength() throws {
        var demultiplexer = StdcopyDemultiplexer()
        var count = 0
        let header: [UInt8] = [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]
        try header.withUnsafeBytes { try demultiplexer.consume($0) { count += $0.bytes.count } }
        let piece = [UInt8](repeating: 0x61, count: 1 << 16)
        for _ in 0..<16 { try piece.withUnsafeBytes { try demultiplexer.consume($0) { count += $0.bytes.count } } }
        #expect(count == 1 << 20 && demultiplexer.isIncomplete)
    }

    @Test(
        "what does not come in frames is refused", arguments: [[9, 0, 0, 0], [1, 1, 0, 0], [0x68, 0x65, 0x6C, 0x6C]])
    func noFrames(_ start: [UInt8]) {
        #expect(throws: HTTPViolation.self) { _ = try decode([start + [0, 0, 0, 1, 0x61]]) }
    }

    @Test("bytes that are not UTF-8, NULs and what only looks like a time come through")
    func anyBytes() throws {
        var decoder = ContainerLogDecoder(hasTerminal: false)
        var lines: [[UInt8]] = []
        let texts: [[UInt8]] = [[0xFF, 0xFE], [0], Array("2024-99-06T07:08:09Z x".utf8), Array("1 2".utf8)]
        for text in texts {
            try frame(1, text + [0x0A]).withUnsafeBytes {
                try decoder.consume($0) { lines.append(Array($0.bytes)) }
            }
        }
        #expect(lines == texts)
    }

    @Test("random cuts change nothing", arguments: [1, 2, 3] as [UInt64])
    func random(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var (bytes, count): ([UInt8], Int) = ([], 0)
        while count < 200 {
            let text = String(repeating: "é", count: Int.random(in: 0...60, using: &generator))
            bytes += frame(UInt8.random(in: 1...2, using: &generator), "\(first) \(text)\n")
            count += 1
        }
        let whole = try decode([bytes])
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = min(rest.count, Int.random(in: 1...40, using: &generator))
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(try decode(pieces) == whole && whole.count == count, "seed \(seed)")
    }

    @Test("times are read with any fraction and zone, and written as the engine takes them")
    func times() {
        func parse(_ text: String) -> UInt64? { EngineTime.parse(Array(text.utf8)) }
        #expect(parse("1970-01-01T00:00:00Z") == 0)
        #expect(parse("2024-02-29T23:59:59.5Z") == 1_709_251_199_500_000_000)
        #expect(parse("2024-05-06T09:08:09.123456789+02:00") == base + 123_456_789)
        #expect(parse("2024-05-06T04:08:09.1234567899-03:00") == base + 123_456_789)
        for text in [
            "", "2024-05-06", "2024-05-06T07:08:09", "2024-05-06T07:08:09.Z", "2024-13-06T07:08:09Z",
            "2024-05-06T25:08:09Z", "1969-12-31T23:59:59Z", "2024-05-06T07:08:09Zx", "2024-05-06T07:08:09+0200",
        ] {
            #expect(parse(text) == nil, "\(text)")
        }
        #expect(EngineTime.text(nanoseconds: 1_000_000_002) == "1.000000002")
    }

    @Test("a log that is read anew from a time on goes on behind the last line, also among lines of the same time")
    func place() {
        var place = LogPlace()
        #expect([1, 2, 2, 2].map { place.take($0) } == [true, true, true, true])
        place.readAgain()
        #expect([2, 2, 2, 2, 3].map { place.take($0) } == [false, false, false, true, true])
        place.readAgain()
        #expect([3, 4].map { place.take($0) } == [false, true])
        place.readAgain()
        let withoutTheLast = place.take(5)
        let withoutTime = place.take(nil)
        #expect(withoutTheLast && withoutTime)
    }

    @Test("lines that wait are taken again when the place before them is gone back to")
    func placeBefore() {
        var place = LogPlace()
        for time in [1, 2, 2, 3] as [UInt64] { _ = place.take(time) }
        var before = place.before([3])
        before.readAgain()
        let isNew = before.take(3)
        #expect(isNew)
        before = place.before([2, 3])
        before.readAgain()
        #expect([2, 2, 3].map { before.take($0) } == [true, true, true])
        #expect(place.before([]) == place && place.before([nil]) == place)
    }
}
