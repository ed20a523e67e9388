import Model
import Storage
import Testing

@Suite struct TaskOutputTests {
    let directory: TemporaryDirectory
    let task = TaskID("task_1")

    init() throws { directory = try TemporaryDirectory() }

    private func items(_ range: ClosedRange<UInt64>) -> [SeenItem] { range.map { .line($0, "line \($0)") } }

    /// Small segments: a few hundred bytes each.
    private func smallSegments(_ settings: inout StoreSettings) {
        settings.output.segmentBytes = 500
        settings.output.segmentCount = 4
        settings.output.openFiles = 2
    }

    @Test("what was appended is read, from the first number or any other")
    func roundTrip() async throws {
        let store = try openStore(directory)
        var batch = OutputBatch.lines(1...3)
        batch.append(line: "part", seq: 4, stream: .stderr, isTruncated: true)
        batch.append(line: "", seq: 5)
        batch.appendGap(6...9, time: at(9))
        batch.appendFinal(OutputEnd(seq: 10, status: .failed, exitCode: 137, time: at(10)))
        #expect(try await store.output.append(batch, to: task) == 10)

        let reader = store.outputReader
        let tail: [SeenItem] = [.line(4, "part"), .line(5, ""), .missing(6...9), .final(10, .failed, 137)]
        #expect(try reader.all(task) == items(1...3) + tail)
        #expect(try reader.all(task, from: 4) == tail)
        #expect(try reader.all(task, from: 8) == [.missing(8...9), .final(10, .failed, 137)])
        #expect(try reader.all(task, from: 11).isEmpty)
        #expect(reader.available(task) == 1...10)
        #expect(reader.stored(task) == (10, true))
        #expect(try await store.output.append(.lines(11...12), to: task) == 10, "nothing follows the final marker")

        var position = OutputPosition(task: task, seq: 4)
        var streams: [OutputStream] = [], truncated: [Bool] = [], times: [WallTime] = []
        try reader.read(&position, maximumBytes: 1).forEach { item in
            guard case .line(let line) = item else { return }
            streams.append(line.stream)
            truncated.append(line.isTruncated)
            times.append(line.time)
        }
        #expect(streams == [.stderr, .stdout])
        #expect(truncated == [true, false])
        #expect(times == [at(4), at(5)])
        await store.close()
    }

    @Test("the whole text has a line per line, joins split ones, repairs UTF-8 and names what is missing")
    func text() async throws {
        let store = try openStore(directory)
        var batch = OutputBatch()
        batch.appendGap(1...2, time: at(1))
        batch.append(line: "ab", seq: 3, isTruncated: true)
        batch.append(line: "cd", seq: 4)
        [UInt8(0x61), 0xFF].withUnsafeBytes { batch.appendLine(seq: 5, stream: .stderr, time: at(1), text: $0) }
        batch.appendFinal(OutputEnd(seq: 6, status: .completed, exitCode: nil, time: at(1)))
        try await store.output.append(batch, to: task)
        var position = OutputPosition(task: task)
        var text: [UInt8] = []
        try store.outputReader.read(&position, maximumBytes: 1_000).appendText(to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "[2 lines are missing: 1 to 2]\nabcd\na\u{FFFD}\n")
        #expect(try store.outputReader.all(task).last == .final(6, .completed, nil))
        await store.close()
    }

    @Test("sending again stores nothing twice")
    func duplicates() async throws {
        let store = try openStore(directory)
        try await store.output.append(.lines(1...10), to: task)
        #expect(try await store.output.append(.lines(1...10), to: task) == 10)
        #expect(try await store.output.append(.lines(5...15), to: task) == 15)
        #expect(try await store.output.append(OutputBatch(), to: task) == 15)
        #expect(try store.outputReader.all(task) == items(1...15))
        await store.close()
    }

    @Test("a hole in the numbers is seen as missing")
    func hole() async throws {
        let store = try openStore(directory)
        try await store.output.append(.lines(1...2), to: task)
        try await store.output.append(.lines(5...6), to: task)
        #expect(try store.outputReader.all(task) == items(1...2) + [.missing(3...4)] + items(5...6))
        await store.close()
    }

    @Test("a listener that follows sees every line once, whatever the size of its reads")
    func following() async throws {
        let store = try openStore(directory, smallSegments)
        var position = OutputPosition(task: task)
        var seen: [SeenItem] = []
        for start in stride(from: UInt64(1), to: 200, by: 7) {
            try await store.output.append(.lines(start...(start + 6)), to: task)
            seen += try store.outputReader.rest(&position, maximumBytes: 1)
        }
        #expect(seen == items(1...203))
        await store.close()
    }

    @Test("the oldest segments go, and an exact gap stands for them")
    func retention() async throws {
        let store = try openStore(directory, smallSegments)
        var early = OutputPosition(task: task)
        try await store.output.append(.lines(1...3), to: task)
        #expect(try store.outputReader.rest(&early) == items(1...3))
        for seq in 4...300 as ClosedRange<UInt64> { try await store.output.append(.lines(seq...seq), to: task) }
        #expect(Files.names(in: "\(directory.path)/tasks/task_1").count == 4)
        #expect(store.output.counters.segmentsDropped > 0)

        let available = try #require(store.outputReader.available(task))
        #expect(available.lowerBound > 200 && available.upperBound == 300)
        let kept = items(available)
        #expect(try store.outputReader.all(task) == [.missing(1...(available.lowerBound - 1))] + kept)
        #expect(try store.outputReader.rest(&early) == [.missing(4...(available.lowerBound - 1))] + kept)
        #expect(try store.outputReader.all(task, from: 299) == items(299...300))
        await store.close()
    }

    @Test("a new life of the gateway goes on where the old one ended, in every segment")
    func reopening() async throws {
        for life in 0..<40 as Range<UInt64> {
            let store = try openStore(directory, smallSegments)
            #expect(store.outputReader.stored(task) == (life * 5, false))
            try await store.output.append(.lines((life * 5 + 1)...(life * 5 + 5)), to: task)
            await store.close()
        }
        let store = try openStore(directory, smallSegments)
        let available = try #require(store.outputReader.available(task))
        #expect(try store.outputReader.all(task, from: available.lowerBound) == items(available))
        #expect(available.upperBound == 200)
        await store.close()
    }

    @Test("a file cut off or damaged at any byte loses the torn record only, and is written on from there")
    func tornTail() async throws {
        let store = try openStore(directory)
        try await store.output.append(.lines(1...5), to: task)
        let path = "\(directory.path)/tasks/task_1/" + Files.names(in: "\(directory.path)/tasks/task_1")[0]
        let before = try Files.read(path)
        try await store.output.append(.lines(6...6), to: task)
        await store.close()
        let after = try Files.read(path)

        for cut in before.count...after.count {
            for tail in [[], [UInt8](repeating: 0, count: 40), [UInt8](repeating: 0xA5, count: 40)] {
                try Files.write(after[..<cut] + tail, to: path)
                let isWhole = cut == after.count
                let store = try openStore(directory)
                #expect(store.outputReader.stored(task).lastSeq == (isWhole ? 6 : 5), "cut at \(cut)")
                #expect(try await store.output.append(.lines(6...7), to: task) == 7)
                #expect(try store.outputReader.all(task) == items(1...7), "cut at \(cut)")
                await store.close()
            }
        }
    }

    @Test("a file cut off before its first record is begun anew")
    func tornHead() async throws {
        let store = try openStore(directory)
        try await store.output.append(.lines(1...1), to: task)
        await store.close()
        let path = "\(directory.path)/tasks/task_1/" + Files.names(in: "\(directory.path)/tasks/task_1")[0]
        let whole = try Files.read(path)
        for cut in 0..<whole.count {
            try Files.write(whole[..<cut], to: path)
            let store = try openStore(directory)
            #expect(store.outputReader.available(task) == nil)
            try await store.output.append(.lines(1...2), to: task)
            #expect(try store.outputReader.all(task) == items(1...2))
            await store.close()
        }
    }

    @Test("damage in an earlier segment is a gap, not the end")
    func damagedSegment() async throws {
        let store = try openStore(directory, smallSegments)
        for seq in 1...30 as ClosedRange<UInt64> { try await store.output.append(.lines(seq...seq), to: task) }
        await store.close()
        let names = Files.names(in: "\(directory.path)/tasks/task_1")
        let path = "\(directory.path)/tasks/task_1/\(names[0])"
        var bytes = try Files.read(path)
        for index in 100..<140 { bytes[index] = 0xFF }
        try Files.write(bytes, to: path)

        let reopened = try openStore(directory, smallSegments)
        let seen = try reopened.outputReader.all(task)
        #expect(seen.first == .line(1, "line 1"))
        #expect(seen.last == .line(30, "line 30"))
        #expect(seen.contains { if case .missing = $0 { true } else { false } })
        await reopened.close()
    }

    @Test("many tasks and few descriptors")
    func manyTasks() async throws {
        let store = try openStore(directory, smallSegments)
        for round in 0..<3 as Range<UInt64> {
            for number in 0..<50 {
                let range = (round * 4 + 1)...(round * 4 + 4)
                try await store.output.append(.lines(range), to: TaskID("task_\(number)"))
            }
        }
        for number in 0..<50 { #expect(try store.outputReader.all(TaskID("task_\(number)")) == items(1...12)) }
        await store.output.remove(TaskID("task_7"))
        #expect(try store.outputReader.all(TaskID("task_7")).isEmpty)
        #expect(!Files.names(in: "\(directory.path)/tasks").contains("task_7"))
        await store.close()
    }

    @Test("a name that leads elsewhere is refused", arguments: ["..", ".", "a/b", "../x", "", ".hidden"])
    func wrongNames(name: String) async throws {
        let store = try openStore(directory)
        await #expect(throws: StoreError.self) { try await store.output.append(.lines(1...1), to: TaskID(name)) }
        #expect(try store.outputReader.all(TaskID(name)).isEmpty)
        await store.output.remove(TaskID(name))
        #expect(Files.names(in: directory.path).contains("sluice.db"))
        await store.close()
    }

    @Test("random batches, restarts and readers: nothing lost, nothing twice")
    func random() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var generator = SplitMix(state: seed)
        var store = try openStore(directory) {
            $0.output.segmentBytes = 2_000
            $0.output.segmentCount = 1_000
        }
        var next: UInt64 = 1
        for _ in 0..<150 {
            let overlap = UInt64.random(in: 0...min(5, next - 1), using: &generator)
            let end = next + UInt64.random(in: 0...12, using: &generator)
            let padding = Int.random(in: 0...200, using: &generator)
            let batch = OutputBatch.lines((next - overlap)...end) { "\($0)" + String(repeating: "p", count: padding) }
            #expect(try await store.output.append(batch, to: task) == end)
            next = end + 1
            if Int.random(in: 0..<10, using: &generator) == 0 {
                await store.close()
                store = try openStore(directory) {
                    $0.output.segmentBytes = 2_000; $0.output.segmentCount = 1_000
                }
            }
            let from = UInt64.random(in: 1...next, using: &generator)
            let seqs = try store.outputReader.all(task, from: from, maximumBytes: 1).map { item in
                if case .line(let seq, _) = item { seq } else { 0 as UInt64 }
            }
            #expect(seqs == Array(from..<next), "seed \(seed)")
        }
        await store.close()
    }

    @Test("figures of appending and reading")
    func figures() async throws {
        let store = try openStore(directory)
        let text = String(repeating: "x", count: 80)
        let batches = (0..<200 as Range<UInt64>).map { number in
            OutputBatch.lines((number * 500 + 1)...(number * 500 + 500)) { _ in text }
        }
        var start = ContinuousClock.now
        for batch in batches.dropLast() { store.output.append(batch, to: task) { _ in } }
        try await store.output.append(batches[199], to: task)
        print("figure: 100 000 lines of 80 bytes appended in \(ContinuousClock.now - start)")
        start = ContinuousClock.now
        var position = OutputPosition(task: task)
        var count = 0
        while true {
            let chunk = try store.outputReader.read(&position, maximumBytes: 256 << 10)
            chunk.forEach { _ in count += 1 }
            if chunk.isAtEnd { break }
        }
        #expect(count == 100_000)
        print("figure: 100 000 lines read in \(ContinuousClock.now - start)")
        await store.close()
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A seed of its own for each run; what is printed repeats it.
    static func seeded(_ name: String) -> Self {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("\(name): seed \(seed)")
        return Self(state: seed)
    }
}
