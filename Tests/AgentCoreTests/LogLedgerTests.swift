import Testing

@testable import AgentCore

@Suite("LogLedger")
struct LogLedgerTests {
    private func file(_ id: UInt64, _ path: String = "/var/log/a", at offset: Int64 = 0) -> LogLedger.File {
        .init(
            id: id, path: path, identity: FileIdentity(device: 3, inode: id + 100),
            fingerprint: FileFingerprint(length: 12, hash: 99), acknowledged: offset)
    }

    private func ledger() -> LogLedger {
        var ledger = LogLedger(origin: 5, patterns: ["/var/log/*.log", "/tmp/odd\npath \\ \r"])
        ledger.note(file(1))
        ledger.note(file(2, " leading\\n and\nbreak\r", at: 7))
        ledger.add(.init(numbers: 1...3, segments: [.init(file: 1, start: 0, end: 30, count: 3)]))
        ledger.add(
            .init(
                numbers: 4...6,
                segments: [
                    .init(file: 2, start: 7, end: 20, count: 1), .init(file: 1, start: 30, end: 50, count: 2),
                ]))
        return ledger
    }

    @Test("a file is acknowledged up to the end of the last acknowledged batch")
    func acknowledge() {
        var ledger = ledger()
        ledger.acknowledge(upTo: 5)
        #expect(ledger.files[1]?.acknowledged == 30 && ledger.files[2]?.acknowledged == 7)
        #expect(ledger.end(of: 1) == 50 && ledger.end(of: 2) == 20 && ledger.end(of: 9) == nil)
        ledger.acknowledge(upTo: 99)
        #expect(ledger.files[1]?.acknowledged == 50 && ledger.files[2]?.acknowledged == 20)
        #expect(ledger.acknowledgedSeq == 6 && ledger.batches.isEmpty)
    }

    @Test("what is written is read again, odd names too")
    func text() throws {
        for acknowledged: UInt64 in [0, 3, 4, 6] {
            var ledger = ledger()
            ledger.acknowledge(upTo: acknowledged)
            #expect(LogLedger(text: ledger.text) == ledger)
        }
    }

    @Test("a journal goes on from a snapshot; a record that was cut off ends it")
    func journal() throws {
        var ledger = try #require(LogLedger(text: ledger().text))
        let batch = LogLedger.Batch(numbers: 7...7, segments: [.init(file: 3, start: 0, end: 5, count: 1)])
        let records = [LogLedger.record(file(3)), LogLedger.record(batch)]
        ledger.apply(journal: records.joined(separator: "\n") + "\nbatch 8 8 3:5:9")
        #expect(ledger.batches.last == batch && ledger.lastSeq == 7 && ledger.nextFileID == 4)
        ledger.apply(journal: "batch 8 8 3:5:9:1\nnonsense\nbatch 9 9 3:9:10:1\n")
        #expect(ledger.lastSeq == 8)
    }

    @Test("a file's later record changes its fingerprint, not what is acknowledged")
    func fingerprint() {
        var ledger = ledger()
        var file = file(1, at: 50)
        file.fingerprint.length = 200
        ledger.note(file)
        #expect(ledger.files[1]?.fingerprint.length == 200 && ledger.files[1]?.acknowledged == 0)
    }

    @Test(
        "what is no ledger is refused",
        arguments: [
            "", "sluice-logs 1\n", "sluice-logs 2\ncount 1 0 0 1\n", "sluice-logs 1\ncount 0 0 0 1\n",
            "sluice-logs 1\ncount 1 0 0 1", "sluice-logs 1\ncount 1 0 0 1\nbatch 1 1 4:0:5:1\n",
            "sluice-logs 1\ncount 1 0 0 1\nfile 1 2 3 999 5 0 /a\n",
            "sluice-logs 1\ncount 1 0 0 1\nfile 1 2 3 9 5 -1 /a\n", "sluice-logs 1\ncount 1 0 0 1\nfile 1 2 3 9 5 0\n",
            "sluice-logs 1\ncount 1 0 0 1\nfile 1 2 3 9 5 0 /a\nbatch 1 3 1:0:5:2\n",
            "sluice-logs 1\ncount 1 0 0 1\nfile 1 2 3 9 5 0 /a\nbatch 5 4 1:0:5:2\n",
            "sluice-logs 1\ncount 1 0 0 1\nfile 1 2 3 9 5 0 /a\nbatch 1 18446744073709551615 1:0:5:2147483647\n",
        ])
    func refused(_ text: String) {
        #expect(LogLedger(text: text) == nil)
    }

    @Test("files go when they are not followed and have nothing unacknowledged")
    func forget() {
        var ledger = ledger()
        ledger.acknowledge(upTo: 3)
        ledger.note(file(3))
        ledger.forget(except: [3])
        #expect(Set(ledger.files.keys) == [1, 2, 3])
        ledger.acknowledge(upTo: 6)
        ledger.forget(except: [3])
        #expect(Set(ledger.files.keys) == [3])
    }

    @Test("in another count the numbers begin at 1, for the same parts of the files")
    func renumber() {
        var ledger = ledger()
        ledger.acknowledge(upTo: 3)
        ledger.renumber(origin: 8)
        #expect(ledger.batches.map(\.numbers) == [1...3] && ledger.lastSeq == 3 && ledger.origin == 8)
        ledger.acknowledge(upTo: 3)
        #expect(ledger.files[1]?.acknowledged == 50)
    }
}
