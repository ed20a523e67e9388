import Testing

@testable import AgentCore

private struct Part: Equatable, CustomStringConvertible {
    var text: String
    var isTruncated = false
    var description: String { isTruncated ? "\(text)…" : text }

    init(_ text: String, truncated: Bool = false) {
        self.text = text
        isTruncated = truncated
    }
}

private func split(_ chunks: [[UInt8]], maximum: Int = LineSplitter.defaultMaximum) -> [Part] {
    var splitter = LineSplitter(maximum: maximum)
    var parts: [Part] = []
    for chunk in chunks {
        chunk.withUnsafeBytes { bytes in
            splitter.consume(bytes) { parts.append(Part(String(decoding: $0, as: UTF8.self), truncated: $1)) }
        }
    }
    splitter.finish { parts.append(Part(String(decoding: $0, as: UTF8.self), truncated: $1)) }
    return parts
}

private func split(_ chunks: String..., maximum: Int = LineSplitter.defaultMaximum) -> [Part] {
    split(chunks.map { Array($0.utf8) }, maximum: maximum)
}

@Suite("LineSplitter")
struct LineSplitterTests {
    @Test(
        "breaks",
        arguments: [
            ("a\nb\n", ["a", "b"]),
            ("a\r\nb\r\n", ["a", "b"]),
            ("a\r\r\nb", ["a", "b"]),
            ("\n\n", ["", ""]),
            ("\r\n\r\n", ["", ""]),
            ("10%\r20%\r30%\n", ["10%", "20%", "30%"]),
            ("\r10%\r20%\n", ["10%", "20%"]),
            ("a\n\rb\n", ["a", "b"]),
            ("last", ["last"]),
            ("a\n", ["a"]),
            ("a\r", ["a"]),
            ("\r", []),
            ("", []),
            ("nul\0inside\n", ["nul\0inside"]),
        ])
    func breaks(text: String, lines: [String]) {
        #expect(split(text) == lines.map { Part($0) })
        #expect(split(text.utf8.map { [$0] }) == lines.map { Part($0) }, "byte by byte")
    }

    @Test("a line ended by a lone carriage return is there at once")
    func carriageReturnIsImmediate() {
        var splitter = LineSplitter()
        var parts: [Part] = []
        Array("10%\r".utf8).withUnsafeBytes { bytes in
            splitter.consume(bytes) { parts.append(Part(String(decoding: $0, as: UTF8.self), truncated: $1)) }
        }
        #expect(parts == [Part("10%")])
    }

    @Test("a line of exactly the maximum is whole; one byte more makes two parts")
    func maximum() {
        #expect(split("12345678\n", maximum: 8) == [Part("12345678")])
        #expect(split("123456789\n", maximum: 8) == [Part("12345678", truncated: true), Part("9")])
        #expect(split("1234567812345678\n", maximum: 8) == [Part("12345678", truncated: true), Part("12345678")])
        #expect(split("123456789", maximum: 8) == [Part("12345678", truncated: true), Part("9")])
    }

    @Test("a split does not divide a character")
    func characterBoundary() {
        #expect(split("1234567é\n", maximum: 8) == [Part("1234567", truncated: true), Part("é")])
        #expect(split("123456😀9\n", maximum: 8) == [Part("123456", truncated: true), Part("😀9")])
        #expect(split("1234😀9\n", maximum: 8) == [Part("1234😀", truncated: true), Part("9")])
    }

    @Test("bytes that are no UTF-8 are split at the maximum and kept as they are")
    func binary() {
        var splitter = LineSplitter(maximum: 8)
        var parts: [[UInt8]] = []
        let garbage = [UInt8](repeating: 0x80, count: 20) + [0xff, 0xfe]
        garbage.withUnsafeBytes { bytes in splitter.consume(bytes) { part, _ in parts.append(Array(part)) } }
        splitter.finish { part, _ in parts.append(Array(part)) }
        #expect(parts.joined().elementsEqual(garbage))
        #expect(parts.allSatisfy { $0.count <= 8 })
    }

    @Test("a prompt is flushed as a truncated part, and what follows completes it")
    func prompt() {
        var splitter = LineSplitter()
        var parts: [Part] = []
        let sink: LineSplitter.Sink = { parts.append(Part(String(decoding: $0, as: UTF8.self), truncated: $1)) }
        Array("Password: ".utf8).withUnsafeBytes { splitter.consume($0, into: sink) }
        splitter.flushPartial(into: sink)
        splitter.flushPartial(into: sink)
        #expect(parts == [Part("Password: ", truncated: true)])
        Array("\nok\n".utf8).withUnsafeBytes { splitter.consume($0, into: sink) }
        splitter.finish(into: sink)
        #expect(parts == [Part("Password: ", truncated: true), Part(""), Part("ok")])
    }

    @Test("however the bytes are cut into reads, the lines are the same")
    func anyCut() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let alphabet = Array("ab\n\r\0\u{e9}".utf8)
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            var chunks: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...rest.count, using: &random)
                chunks.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(split(chunks, maximum: 8) == split([bytes], maximum: 8), "seed \(seed)")
        }
    }
}
