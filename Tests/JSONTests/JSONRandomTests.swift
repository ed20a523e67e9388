import JSON
import Testing

/// Numbers that depend on nothing but the seed (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

@Suite("JSON and chance")
struct JSONRandomTests {
    private static let seed = UInt64.random(in: 0...UInt64.max)

    @Test("what is written reads back as it was")
    func roundTrip() throws {
        print("seed \(Self.seed)")
        var generator = SeededGenerator(state: Self.seed)
        for _ in 0..<2_000 {
            let value = randomValue(depth: 5, using: &generator)
            let bytes = JSONWriter.render { $0.value(value) }
            #expect(try JSONParser.parse(bytes) == value)
        }
    }

    @Test("damaged texts are read or refused, and what is read can be written")
    func damage() throws {
        print("seed \(Self.seed)")
        var generator = SeededGenerator(state: Self.seed)
        let alphabet = Array("{}[]\",:\\u0123456789abcdefnrt+-.eE \n".utf8) + [0, 0x1F, 0x80, 0xC3, 0xED, 0xFF]
        for _ in 0..<5_000 {
            let value = randomValue(depth: 4, using: &generator)
            var bytes = JSONWriter.render { $0.value(value) }
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[position] = alphabet.randomElement(using: &generator)!
                case 1: bytes.insert(alphabet.randomElement(using: &generator)!, at: position)
                default: if bytes.count > 1 { bytes.remove(at: position) }
                }
            }
            do {
                let read = try JSONParser.parse(bytes)
                #expect(try JSONParser.parse(JSONWriter.render { $0.value(read) }) == read)
            } catch {
                #expect((0...bytes.count).contains(error.offset))
            }
        }
    }

    private func randomValue(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(Int64(bitPattern: generator.next()))
        case 3: return .unsigned(generator.next() | 1 << 63)
        case 4: return .double(Double.random(in: -1e6...1e6, using: &generator))
        case 5: return .string(randomText(using: &generator))
        case 6:
            let count = Int.random(in: 0...4, using: &generator)
            return .array((0..<count).map { _ in randomValue(depth: depth - 1, using: &generator) })
        default:
            let count = Int.random(in: 0...4, using: &generator)
            let members = (0..<count).map { ("\($0)" + randomText(using: &generator), depth - 1) }
            return .object(JSONObject(members.map { ($0.0, randomValue(depth: $0.1, using: &generator)) }))
        }
    }

    private func randomText(using generator: inout SeededGenerator) -> String {
        let scalars = (0..<Int.random(in: 0...8, using: &generator)).compactMap { _ in
            Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &generator) ? 0x7F : 0x10FFFF), using: &generator))
        }
        return scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
    }
}
