import JSON
import Testing

@Suite("Reading JSON")
struct JSONParserTests {
    @Test(
        "accepts what RFC 8259 accepts",
        arguments: [
            ("null", JSONValue.null), ("true", .bool(true)), ("false", .bool(false)), (" \t\r\n1 ", .integer(1)),
            ("0", .integer(0)), ("-0", .integer(0)), ("-12", .integer(-12)),
            ("9007199254740993", .integer(9_007_199_254_740_993)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)), ("18446744073709551615", .unsigned(.max)),
            ("18446744073709551616", .double(18_446_744_073_709_551_616)), ("1.5", .double(1.5)),
            ("1e3", .double(1_000)),
            ("1E+2", .double(100)), ("-1.25e-2", .double(-0.0125)), ("123e-10000000", .double(0)),
            (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{c}\n\r\tz")),
            (#""\u0000\u00e9\u20AC""#, .string("\0é€")), (#""\uD83D\uDE00""#, .string("😀")),
            ("\"é€😀\u{7f}\"", .string("é€😀\u{7f}")),
            ("[]", .array([])), ("[ ]", .array([])),
            ("[1, [2],\"\"]", .array([.integer(1), .array([.integer(2)]), .string("")])),
            ("{}", .object(JSONObject())), (" { } ", .object(JSONObject())),
        ])
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    @Test(
        "refuses what RFC 8259 refuses",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "+1", "-", "01", "-01", "1.", ".5", "1.e1",
            "1e", "1e+",
            "0x10", "1_000", "1e999", "-1e999", "'a'", "\"", "\"a", "\"\\", "\"\\u", "\"\\u12", "\"\\x41\"",
            "\"\\u12G4\"", "\"\n\"",
            "\"\u{1}\"", "\"\t\"", #""\uD800""#, #""\uDC00""#, #""\uD800\u0041""#, #""\uD800x""#, #""\uD800\uD800""#,
            "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1:2]", "[\"a\"", "{", "}", "{\"a\"", "{\"a\":",
            "{\"a\":1", "{\"a\":1,",
            "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{,}", "1 2", "{}{}", "[]x", "null,",
            "// x\n1",
            "1 // x", "/* */ 1", "\u{feff}1", "\u{a0}1", "\u{2028}1", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0x80], [0xFF], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x80, 0x80, 0xAF],
        ])
    func refusesInvalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
        #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
    }

    @Test("says where the fault is")
    func position() throws {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(Array("{\n  \"a\": 1,\n  \"b\" 2\n}".utf8)) }
        #expect(error?.offset == 18)
        #expect(error?.description == "expected ':' at line 3, column 7")
    }

    @Test("keeps the order of members and finds them by name")
    func objects() throws {
        let value = try JSONParser.parse(Array(#"{"z":1,"a":{"b":[true,null]},"":""}"#.utf8))
        #expect(value.object?.members.map(\.name) == ["z", "a", ""])
        #expect(value["a"]?["b"]?[0] == .bool(true))
        #expect(value["a"]?["b"]?[2] == nil)
        #expect(value["b"] == nil)
    }

    @Test("allows nesting up to the limit and no deeper")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONParser.parse(nested(32)) }
        #expect(throws: JSONError.self) { try JSONParser.parse(nested(33)) }
        #expect(throws: Never.self) { try JSONParser.parse(nested(3), maximumDepth: 3) }
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
        #expect(throws: JSONError.self) {
            try JSONParser.parse(Array(String(repeating: "{\"a\":", count: 100_000).utf8))
        }
    }

    @Test("whole numbers count as integers however they are written")
    func integers() throws {
        #expect(JSONValue.double(5).int == 5)
        #expect(JSONValue.double(5.5).int == nil)
        #expect(JSONValue.double(1e300).int == nil)
        #expect(JSONValue.unsigned(.max).int == nil)
        #expect(JSONValue.unsigned(.max).double == 0x1p64)
        #expect(JSONValue.string("5").int == nil)
    }
}
