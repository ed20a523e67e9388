import Logging
import Model
import Testing

@testable import Storage

@Suite struct OutputEndTests {
    private func readBack(_ end: OutputEnd) throws -> OutputEnd {
        var batch = OutputBatch()
        batch.appendFinal(end)
        return try batch.bytes.withUnsafeBytes { OutputEnd(try #require(RecordView($0))) }
    }

    @Test(
        "the end of a task is read back as it was written",
        arguments: [
            OutputEnd(seq: 7, status: .completed, exitCode: 0, time: at(5)),
            OutputEnd(seq: 1, status: .failed, exitCode: nil, reason: "agent_lost", time: at(5), duration: 1_234_567),
            OutputEnd(seq: 9, status: .timeout, exitCode: -15, reason: "a reason with ünïcode", time: at(5)),
            OutputEnd(seq: 9, status: .cancelled, exitCode: 143, time: at(5), duration: 0),
        ])
    func roundTrip(_ end: OutputEnd) throws { #expect(try readBack(end) == end) }

    @Test("a marker that has only the status, or nothing that is known, is an end all the same")
    func older() throws {
        func read(_ text: [UInt8]) throws -> OutputEnd {
            var bytes: [UInt8] = []
            text.withUnsafeBytes {
                OutputFormat.append(to: &bytes, seq: 3, time: at(1), kind: .final, flags: 0, text: $0)
            }
            return try bytes.withUnsafeBytes { OutputEnd(try #require(RecordView($0))) }
        }
        let old = try read([2, 0, 0, 0, 1] + Array("failed".utf8))
        #expect(old == OutputEnd(seq: 3, status: .failed, exitCode: 2, time: at(1)))
        for damaged in [[], [1, 2], [0, 0, 0, 0, 0, 0xFF, 0, 0xFE, 0, 0x41]] as [[UInt8]] {
            let end = try read(damaged)
            #expect(end.seq == 3 && end.status == .failed && end.exitCode == nil && end.duration == nil)
        }
    }

    @Test("a batch of nothing but an end takes no more than was reckoned")
    func size() {
        var batch = OutputBatch()
        batch.appendFinal(
            OutputEnd(
                seq: .max, status: .completed, exitCode: .min, reason: "agent_restarted", time: at(1), duration: .max))
        #expect(batch.byteCount <= OutputBatch.maximumByteCount(lines: 0, textBytes: 0))
    }
}
