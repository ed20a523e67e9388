import GRDB
import Glibc
import Logging
import Model
import Storage
import Synchronization
import Testing

@Suite struct LogSegmentTests {
    private func segments(_ directory: TemporaryDirectory) -> [String] {
        Files.names(in: "\(directory.path)/logs").filter { $0.hasSuffix(".db") }
    }

    private func small(_ settings: inout StoreSettings) { settings.logs.segmentLines = 10 }

    @Test("positions are carried into each new segment, so that older ones can go")
    func positionsCarried() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory, small)
        try await store.logs.append([], position("quiet", 77, type: .systemEvents))
        for round in 1...4 {
            try await store.logs.append((0..<10).map { line("\(round) \($0)") }, position("web1", UInt64(round) * 10))
        }
        await store.close()
        let files = segments(directory)
        #expect(files.count == 5)
        for file in files.dropLast() { unlink("\(directory.path)/logs/\(file)") }
        store = try openStore(directory, small)
        #expect(
            Set(store.logs.positions().map { "\($0)" })
                == Set([position("quiet", 77, type: .systemEvents), position("web1", 40)].map { "\($0)" }))
        await store.close()
    }

    @Test("segments leave as a whole when their time is over; the newest begins anew when it is old")
    func age() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory, small)
        let now = WallTime.current
        for round in 0..<3 { try await store.logs.append((0..<10).map { line("\(round) \($0)") }) }
        try await store.logs.append([line("newest")])
        #expect(segments(directory).count == 4)
        await store.runMaintenance(at: now)
        #expect(segments(directory).count == 4)
        await store.runMaintenance(at: now + 25 * 3_600_000)
        #expect(segments(directory).count == 5, "the newest is older than a day")
        await store.runMaintenance(at: now + (7 * 24 + 1) * 3_600_000)
        #expect(segments(directory).count == 2)
        #expect(try await store.logs.messages() == ["newest"])
        #expect(store.logs.counters.segmentsRemoved == 3)
        await store.close()
        #expect(Files.names(in: "\(directory.path)/logs").allSatisfy { $0.hasSuffix(".db") }, "nothing is left behind")
    }

    @Test("beyond the size cap the oldest segments go, and the newest lines stay")
    func sizeCap() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) { $0.logs.maximumBytes = 4 << 20 }
        var number = 0
        for _ in 0..<120 {
            let lines = (0..<200).map {
                line("line \(number + $0) " + String(repeating: "x", count: 200), at: Int64(number + $0))
            }
            number += 200
            try await store.logs.append(lines)
            await store.runMaintenance(at: .current)
        }
        #expect(store.logs.byteCount <= 5 << 20)
        #expect(store.logs.counters.segmentsRemoved > 0)
        let page = try await store.logs.search(LogQuery(), offset: 0, limit: 1_000)
        #expect(page.lines.map(\.time) == ((number - 1_000)..<number).reversed().map { at(Int64($0)) })
        #expect(page.total < number)
        await store.close()
    }

    @Test("a damaged segment is set aside at the start, counted, and the rest goes on", arguments: [0, 1, 2])
    func damagedAtStart(which: Int) async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory, small)
        for round in 0..<3 {
            try await store.logs.append(
                (0..<(round == 2 ? 5 : 10)).map { line("\(round) \($0)") }, position("web1", UInt64(round + 1)))
        }
        await store.close()
        let file = "\(directory.path)/logs/\(segments(directory)[which])"
        try Files.write(Array(repeating: UInt8(ascii: "x"), count: 8_192), to: file)
        store = try openStore(directory, small)
        #expect(store.logs.counters.segmentsSetAside == 1)
        let rounds = Set(try await store.logs.messages().map { String($0.prefix(1)) })
        #expect(rounds == Set((0..<3).filter { $0 != which }.map { "\($0)" }))
        #expect(store.logs.positions() == [position("web1", which == 2 ? 2 : 3)])
        #expect(try Files.read(file + ".corrupt").count == 8_192)
        let last = store.logs.lastNumber
        let stored = try await store.logs.append([line("after")])
        #expect(try #require(stored.firstLine) > last, "no number is given twice")
        #expect(try await store.logs.messages().contains("after"))
        await store.close()
    }

    @Test("a segment that turns out damaged in a search is set aside, and the rest is found")
    func damagedInSearch() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory, small)
        for round in 0..<3 { try await store.logs.append((0..<10).map { line("\(round) \($0)", at: Int64(round)) }) }
        let file = "\(directory.path)/logs/\(segments(directory)[1])"
        var bytes = try Files.read(file)
        for index in 4_096..<bytes.count { bytes[index] = 0xA5 }
        try Files.write(bytes, to: file)
        let rounds = Set(try await store.logs.messages().map { String($0.prefix(1)) })
        #expect(rounds == ["0", "2"])
        try await eventually("it is set aside") { store.logs.counters.segmentsSetAside == 1 }
        #expect(try await store.logs.search(LogQuery(), offset: 0, limit: 10).total == 20)
        try await store.logs.append([line("after")])
        await store.close()
    }

    @Test("the segment that is written to can be damaged too: writing goes on in another, with all positions")
    func damagedInWriting() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        try await store.logs.append((0..<2_000).map { line("before \($0)") }, position("web1", 5))
        let file = "\(directory.path)/logs/\(segments(directory)[0])"
        try DatabaseQueue(path: file).inDatabase { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        var bytes = try Files.read(file)
        for index in 4_096..<bytes.count { bytes[index] = 0xA5 }
        let descriptor = open(file, O_WRONLY)
        #expect(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
        close(descriptor)
        _ = try? await store.logs.search(LogQuery(), offset: 0, limit: 10)
        try await eventually("it is set aside") { store.logs.counters.segmentsSetAside == 1 }
        try await store.logs.append([line("after")], position("web2", 1))
        #expect(try await store.logs.messages() == ["after"])
        #expect(Set(store.logs.positions().map(\.agent.text)) == ["web1", "web2"])
        #expect(store.logs.health == .healthy)
        await store.close()
    }

    @Test("a segment of a newer program is refused with a clear error")
    func newer() async throws {
        let directory = try TemporaryDirectory()
        await (try openStore(directory)).close()
        let file = "\(directory.path)/logs/00000001.db"
        try await DatabaseQueue(path: file).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        #expect(throws: StoreError.newerSchema(file: file, found: 99, known: 1)) { try openStore(directory) }
    }

    @Test("a start that was cut off between the file and its tables is carried on")
    func emptyFile() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        try await store.logs.append([line("a")], position("web1", 1))
        await store.close()
        try Files.write([], to: "\(directory.path)/logs/00000002.db")
        store = try openStore(directory)
        #expect(store.logs.positions() == [position("web1", 1)])
        try await store.logs.append([line("b")])
        #expect(try await store.logs.messages() == ["b", "a"])
        unlink("\(directory.path)/logs/00000001.db")
        await store.close()
        store = try openStore(directory)
        #expect(store.logs.positions() == [position("web1", 1)], "carried into the new segment")
        await store.close()
    }

    @Test("batches beyond the bytes that may wait are refused at once, and counted")
    func queueFull() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory) {
            $0.logs.queueBytes = 100_000
            $0.logs.batchDelay = 60_000
        }
        let outcomes = Mutex<[Result<StoredBatch, StoreError>]>([])
        for number in 0..<200 {
            store.logs.append(LogBatch(lines: [line("\(number) " + String(repeating: "x", count: 1_000))])) { outcome in
                outcomes.withLock { $0.append(outcome) }
            }
        }
        #expect(store.logs.queuedBytes <= 100_000)
        await store.logs.flush()
        let all = outcomes.withLock { $0 }
        let refused = all.count { $0 == .failure(.queueFull) }
        #expect(all.count == 200 && refused > 50 && refused < 200)
        #expect(store.logs.counters.refusedFull == UInt64(refused))
        #expect(try await store.logs.search(LogQuery(), offset: 0, limit: 1).total == 200 - refused)
        #expect(store.logs.queuedBytes == 0)
        await store.close()
    }

    @Test("what comes after the end is refused as closed; what waited is stored")
    func closing() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory) { $0.logs.batchDelay = 10_000 }
        store.logs.append(LogBatch(lines: [line("waits")]))
        await store.close()
        await #expect(throws: StoreError.closed) { try await store.logs.append([line("late")]) }
        store = try openStore(directory)
        #expect(try await store.logs.messages() == ["waits"])
        await store.close()
    }
}

/// Needs the right to mount; elsewhere it is skipped.
@Suite(.enabled(if: SmallDisk.isPossible)) struct FullDiskLogTests {
    @Test("logs wait for a full disk, are stored late, each once, and the rest of the store goes on")
    func fullDisk() async throws {
        let disk = try SmallDisk(kibibytes: 4_096)
        var settings = StoreSettings(directory: disk.path)
        settings.retryMinimum = 10
        settings.retryMaximum = 50
        settings.logs.queueBytes = 1_000_000
        settings.logs.batchDelay = 1
        let store = try Store.open(settings, log: quietLog())
        try await store.logs.append([line("before")], position("web1", 1))
        disk.fill()
        let outcomes = Mutex<[Result<StoredBatch, StoreError>]>([])
        for number in 2...5 {
            let lines = (0..<100).map { line("batch \(number) line \($0) " + String(repeating: "x", count: 1_000)) }
            store.logs.append(LogBatch(lines: lines, position: position("web1", UInt64(number)))) { outcome in
                outcomes.withLock { $0.append(outcome) }
            }
        }
        try await eventually("the logs are degraded") { store.logs.health != .healthy }
        #expect(store.health != .healthy)
        #expect(try await store.logs.messages() == ["before"], "searching goes on")
        let large = LogBatch(lines: [line(String(repeating: "y", count: 900_000))])
        await #expect(throws: StoreError.queueFull) { try await store.logs.appended(large) }

        disk.empty()
        try await eventually("they are stored") { outcomes.withLock { $0.count } == 4 }
        #expect(outcomes.withLock { $0.allSatisfy { (try? $0.get())?.isDuplicate == false } })
        #expect(store.logs.health == .healthy && store.logs.counters.degradations >= 1)
        #expect(try await store.logs.search(LogQuery(), offset: 0, limit: 1).total == 401)
        #expect(store.logs.positions() == [position("web1", 5)])
        await store.close()
    }
}

extension WallTime {
    static var current: WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(millisecondsSince1970: Int64(time.tv_sec) * 1_000)
    }
}
