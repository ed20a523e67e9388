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
