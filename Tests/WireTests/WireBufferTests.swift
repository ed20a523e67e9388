import Testing
import Wire

@Suite("Buffers")
struct WireBufferTests {
    @Test("an event is put together from literals, texts, numbers and messages")
    func event() {
        let arena = WireArena()
        let buffer = WireBuffer()
        buffer.append("data: {\"n\":")
        buffer.appendInteger(7)
        buffer.append(byte: UInt8(ascii: ","))
        buffer.appendJSONString("näme")
        buffer.append(string: ":")
        buffer.appendJSON(arena.make(WireLoad.self))
        buffer.append([0x7D, 0x0A])
        let text = "data: {\"n\":7,\"näme\":{\"load1\":null,\"load5\":null,\"load15\":null}}\n"
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
        let copy = WireBuffer()
        copy.append(buffer)
        #expect(copy.bytes == buffer.bytes)
    }

    @Test(
        "a StreamData whose payload was encoded before is the message that it would be in one piece",
        arguments: [0, 5, 500])
    func streamData(length: Int) throws {
        let arena = WireArena()
        let text = [UInt8](repeating: 0x78, count: length)
        let payload: UnsafeMutablePointer<WireStreamData> = arena.make { data in
            data.payload = .logs(
                arena.make { batch in
                    batch.n_events = 1
                    batch.events = arena.makeList(count: 1) {
                        wireSet(&$1.has_message, &$1.message, arena.copyBytes(text))
                    }
                })
        }
        let head: UnsafeMutablePointer<WireStreamData> = arena.make { wireSet(&$0.has_seq, &$0.seq, 300) }
        let buffer = WireBuffer()
        payload.encoded().withUnsafeBytes { buffer.appendStreamData(head, rest: $0) }
        let message = try buffer.withBytes { try decodeAgentMessage($0, arena: arena) }
        guard case .streamData(let data) = message.pointee.message, case .logs(let batch) = data.pointee.payload else {
            Issue.record("another message")
            return
        }
        #expect(data.pointee.seq == 300 && batch.pointee.n_events == 1)
        #expect(WireList(batch.pointee.n_events, batch.pointee.events)[0].pointee.message.rawBytes.elementsEqual(text))
        head.pointee.payload = .logs(batch)
        #expect(arena.agentMessage(.streamData(head)).encoded().count == buffer.count)
    }

    @Test("grows to any size, and starts again empty")
    func growth() {
        let buffer = WireBuffer()
        #expect(buffer.isEmpty)
        let block = [UInt8](repeating: 0x78, count: 100_000)
        for _ in 0..<10 { buffer.append(block) }
        #expect(buffer.count == 1_000_000)
        #expect(buffer.bytes.allSatisfy { $0 == 0x78 })
        buffer.removeAll()
        #expect(buffer.isEmpty)
        buffer.append([])
        #expect(buffer.bytes.isEmpty)
    }

    @Test("appends an encoded message")
    func encoded() {
        let arena = WireArena()
        let buffer = WireBuffer()
        let sample = sampleMetrics(in: arena)
        buffer.appendEncoded(sample)
        #expect(buffer.bytes == sample.encoded())
        buffer.appendEncoded(arena.make(WireHello.self))
        #expect(buffer.bytes == sample.encoded())
    }
}
