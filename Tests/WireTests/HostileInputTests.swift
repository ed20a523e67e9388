import Testing
import Wire

@Suite("Hostile frames")
struct HostileInputTests {
    @Test("bytes that are no message are refused")
    func garbage() {
        let arena = WireArena()
        let frames: [[UInt8]] = [
            [0xFF], [0xFF, 0xFF, 0xFF], [0x0A], [0x0A, 0x05, 0x01], [0x0B, 0x0C],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], field(1, field(2, [])).dropLast() + [0x05],
        ]
        for frame in frames {
            #expect(throws: WireError.malformed) { try decodeAgentMessage(frame, arena: arena) }
            arena.reset()
        }
    }

    @Test("an empty frame and unknown kinds of message are nothing to act on")
    func unknownKinds() throws {
        let arena = WireArena()
        for frame in [[], field(99, [1, 2, 3])] {
            guard case .unknown = try decodeAgentMessage(frame, arena: arena).pointee.message else {
                Issue.record("known?")
                continue
            }
        }
    }

    @Test("a frame that unpacks to too much is refused within the budget")
    func amplification() throws {
        let arena = WireArena()
        // Two bytes each on the wire, some hundred in memory.
        let lines = field(5, [UInt8](repeatElement([0x32, 0x00], count: 500_000).joined()))
        #expect(throws: WireError.tooLarge) { try decodeAgentMessage(lines, arena: arena) }
        #expect(arena.heldBytes <= 16 << 20)
        // Fields that nobody knows are kept by protobuf-c, each with an entry of its own.
        let unknown = [UInt8](repeatElement([0xF8, 0x07, 0x00], count: 340_000).joined())
        #expect(throws: WireError.tooLarge) { try decodeAgentMessage(unknown, arena: arena) }
        #expect(arena.heldBytes <= 16 << 20)
        // One field many times over is merged, each time into a new copy.
        let half = field(3, [UInt8](repeatElement([0x10, 0x01], count: 5_000).joined()))
        let merged = [UInt8](repeatElement(half, count: 100).joined())
        #expect(throws: WireError.self) { try decodeAgentMessage(merged, arena: arena) }
        #expect(arena.heldBytes <= 16 << 20)
        arena.reset()
        #expect(arena.heldBytes <= 64 << 10)
        _ = try decodeAgentMessage(field(2, [0x10, 3]), arena: arena)
    }

    @Test("lists may have 16384 items and not one more")
    func listCounts() throws {
        for (count, accepted) in [(16_384, true), (16_385, false)] {
            let arena = WireArena()
            let refs = [UInt8](repeating: 1, count: count)
            let states = field(3, field(2, refs))
            let errors = field(3, [UInt8](repeatElement(field(3, []), count: count).joined()))
            for frame in [states, errors] {
                if accepted {
                    _ = try decodeAgentMessage(frame, arena: arena)
                } else {
                    #expect(throws: WireError.tooManyItems) { try decodeAgentMessage(frame, arena: arena) }
                }
            }
        }
    }

    @Test("a list deep inside is counted too")
    func deepLists() {
        let cores = field(2, [UInt8](repeating: 0, count: 16_385 * 8))
        let frame = field(4, field(10, field(2, cores)))
        #expect(throws: WireError.tooManyItems) { try decodeAgentMessage(frame, arena: WireArena()) }
    }

    @Test("a steady flow of usual frames takes no new memory")
    func steadyFlow() throws {
        let arena = WireArena()
        let builder = WireArena()
        let sample = sampleMetrics(in: builder)
        let data: UnsafeMutablePointer<WireStreamData> = builder.make { $0.payload = .metrics(sample) }
        let frame = builder.agentMessage(.streamData(data)).encoded()
        for _ in 0..<1_000 {
            _ = try decodeAgentMessage(frame, arena: arena)
            arena.reset()
            #expect(arena.heldBytes == 64 << 10)
        }
    }

    @Test("random bytes and random changes of good frames never do harm")
    func random() {
        var random = SeededRandom()
        let arena = WireArena()
        let buffer = WireBuffer()
        let sample = sampleMetrics(in: arena)
        let data: UnsafeMutablePointer<WireStreamData> = arena.make { $0.payload = .metrics(sample) }
        let good = arena.agentMessage(.streamData(data)).encoded()
        for round in 0..<5_000 {
            var frame = round.isMultiple(of: 2) ? good : random.bytes(upTo: 100)
            for _ in 0..<Int.random(in: 0...4, using: &random) where !frame.isEmpty {
                frame[Int.random(in: 0..<frame.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            arena.reset()
            buffer.removeAll()
            guard let message = try? decodeAgentMessage(frame, arena: arena) else { continue }
            buffer.appendJSON(message)
            let bytes = buffer.bytes
            #expect(String(validating: bytes, as: UTF8.self) != nil, "\(random.note)")
            #expect(bytes.allSatisfy { $0 >= 0x20 }, "\(random.note)")
        }
    }
}
