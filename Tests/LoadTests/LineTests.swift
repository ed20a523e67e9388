import CLoad
import Testing
import Wire

@testable import LoadCore

@Suite("Lines as agents send them")
struct LineTests {
    private let batch = LineBatch(topic: 0, first: 5, count: 3, size: 80) { UInt64(1_000 + $0) }

    private func read(_ bytes: UnsafeRawBufferPointer) -> (state: cl_line_state, number: UInt64, due: UInt64) {
        var hint = 0
        var number: UInt64 = 0
        var due: UInt64 = 0
        let text = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
        return (cl_line_read(text, bytes.count, 80, &hint, &number, &due), number, due)
    }

    @Test("the lines of a task are numbered as the protocol wants them")
    func taskLines() throws {
        let arena = WireArena()
        let encoded = arena.agentMessage(batch.taskResponse("tsk_1", in: arena)).encoded()
        let decoded = try encoded.withUnsafeBytes { try decodeAgentMessage($0, arena: arena) }
        guard case .taskResponse(let response) = decoded.pointee.message else { throw LoadFailure("another message") }
        let lines = WireList(response.pointee.n_lines, response.pointee.lines)
        #expect(wireString(response.pointee.task_id) == "tsk_1")
        #expect(lines.map { $0.pointee.seq } == [5, 6, 7])
        let found = lines.map { read($0.pointee.line.rawBytes) }
        #expect(found.allSatisfy { $0.state == CL_LINE_GOOD })
        #expect(found.map(\.number) == [5, 6, 7])
        #expect(found.map(\.due) == [1_000, 1_001, 1_002])
    }

    @Test("a batch stays below a frame's limit, and has at least one line", arguments: [64, 200, 4_096, 60_000])
    func limit(_ size: Int) {
        let count = LineBatch.limit(size: size)
        #expect(count >= 1)
        #expect(count * (size + 100) < 1 << 20)
    }
}

@Suite("Figures for people")
struct FigureTests {
    @Test("numbers are grouped and rounded")
    func numbers() {
        #expect(Figures.grouped(1_234_567) == "1 234 567")
        #expect(Figures.grouped(-12) == "-12")
        #expect(Figures.text(1_999.996, decimals: 2) == "2 000.00")
        #expect(Figures.text(0.04, decimals: 2) == "0.04")
        #expect(Figures.text(7, decimals: 0) == "7")
        #expect(Figures.text(.nan, decimals: 1) == "–")
        #expect(Figures.milliseconds(1_500_000) == "1.50 ms")
        #expect(Figures.count(1, "topic") == "1 topic")
        #expect(Figures.count(2, "topic") == "2 topics")
    }
}
