import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        String(decoding: JSONWriter.render(body), as: UTF8.self)
    }

    @Test("puts commas where they belong")
    func commas() {
        let rendered = text {
            $0.object {
                $0.member("a", 1)
                $0.array("b") {
                    $0.value("x")
                    $0.object { _ in }
                    $0.array { $0.null() }
                    $0.value(true)
                }
                $0.object("c") { $0.member("d", false) }
                $0.member("e", raw: Array("{\"raw\":[1,2]}".utf8))
                $0.member("f", nil as String?)
                $0.member("g", "")
            }
        }
        #expect(rendered == #"{"a":1,"b":["x",{},[null],true],"c":{"d":false},"e":{"raw":[1,2]},"f":null,"g":""}"#)
    }

    @Test("escapes what must be escaped and nothing else")
    func strings() {
        #expect(
            text { $0.value("\"\\/\u{8}\t\n\u{c}\r\0\u{1f}\u{7f}é😀") }
                == "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}é😀\"")
        #expect(text { $0.object { $0.member("a\"b\n", 1) } } == #"{"a\"b\n":1}"#)
    }

    @Test(
        "rounds to the decimals asked for",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (0.5, "0.5"), (0.1 + 0.2, "0.3"), (12.3456, "12.346"),
            (-12.3456, "-12.346"),
            (0.0004, "0"), (-0.0004, "0"), (0.001, "0.001"), (0.0105, "0.011"), (99.9999, "100"), (1.05, "1.05"),
            (123_456_789.125, "123456789.125"), (.infinity, "null"), (.nan, "null"),
        ])
    func decimals(number: Double, expected: String) {
        #expect(text { $0.value(number, decimals: 3) } == expected)
    }

    @Test("writes doubles so that they read back as the same number")
    func doubles() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            let value = try JSONParser.parse(JSONWriter.render { $0.value(number) })
            #expect(value.double == number)
        }
        #expect(text { $0.value(Double.greatestFiniteMagnitude) } == "1.7976931348623157e+308")
        #expect(text { $0.value(.nan) } == "null")
        #expect(text { $0.value(1e300, decimals: 3) } == "1e+300")
    }

    @Test(
        "writes times as RFC 3339 in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_738_138_530_007, "2025-01-29T08:15:30.007Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"), (.min, "0000-01-01T00:00:00.000Z"),
        ])
    func timestamps(milliseconds: Int64, expected: String) {
        #expect(text { $0.timestamp(millisecondsSince1970: milliseconds) } == "\"\(expected)\"")
    }
}
