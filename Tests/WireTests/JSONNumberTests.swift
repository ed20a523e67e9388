import Glibc
import Testing
import Wire

@Suite("JSON numbers")
struct JSONNumberTests {
    @Test(
        "doubles have at most three decimals, no exponent and no negative zero",
        arguments: [
            (0, "0"), (-0.0, "0"), (-0.000_4, "0"), (0.000_5, "0.001"), (1, "1"), (-1, "-1"), (0.1, "0.1"),
            (12.5, "12.5"),
            (12.05, "12.05"), (99.999_6, "100"), (-99.999_6, "-100"), (0.999, "0.999"), (33.333_333, "33.333"),
            (1_732_365_000.123, "1732365000.123"), (1e15, "1000000000000000"),
            (9_007_199_254_740_992, "9007199254740992"),
            (1e18, "1000000000000000000"), (-1e19, "-10000000000000000000"), (1e22, "10000000000000000000000"),
            (1e-300, "0"), (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
        ] as [(Double, String)])
    func doubles(value: Double, expected: String) {
        #expect(rendered { $0.appendJSON(value) } == expected)
    }

    @Test("the largest double is written out")
    func largest() {
        let text = rendered { $0.appendJSON(Double.greatestFiniteMagnitude) }
        #expect(text.count == 309)
        #expect(Double(text) == Double.greatestFiniteMagnitude)
    }

    @Test("random doubles are within half a thousandth of what is written")
    func randomDoubles() throws {
        var random = SeededRandom()
        for _ in 0..<20_000 {
            let value = Double.random(in: -1...1, using: &random) * pow(10, Double.random(in: 0...12, using: &random))
            let text = rendered { $0.appendJSON(value) }
            let read = try #require(Double(text), "\(random.note)")
            #expect(abs(read - value) <= 0.000_500_1 + value.ulp, "\(random.note): \(value) -> \(text)")
        }
    }

    @Test("integers of every length and sign")
    func integers() {
        var value: UInt64 = 1
        for _ in 0..<20 {
            for near in [value &- 1, value, value &+ 1] {
                #expect(rendered { $0.appendInteger(near) } == String(near))
            }
            value = value &* 10
        }
        for value in [Int64.min, -100, -10, -1, 0, Int64.max] {
            #expect(rendered { $0.appendInteger(value) } == String(value))
        }
        #expect(rendered { $0.appendInteger(UInt64.max) } == "18446744073709551615")
        #expect(rendered { $0.appendInteger(UInt32.max) } == "4294967295")
        #expect(rendered { $0.appendInteger(Int32.min) } == "-2147483648")
        #expect(rendered { $0.appendInteger(-7) } == "-7")
    }

    private func rendered(_ append: (WireBuffer) -> Void) -> String {
        let buffer = WireBuffer()
        append(buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
