import Glibc
import Logging

/// What an earlier run of the agent has left: its files, open where it stopped, and its unacknowledged lines, read again.
struct LogRestoration {
    /// Nil where there is nothing.
    private(set) var ledger: LogLedger?
    private(set) var queue: ReliableQueue?
    private(set) var files: [FollowedFile] = []

    /// Segments of a file are parts of one frame.
    private static let longestSegment: Int64 = 1 << 20

    init(journal: StateJournal?, bound: Int, log: Logger) {
        guard let state = journal?.load() else { return }
        guard var ledger = LogLedger(text: state.snapshot) else {
            log.error("the state of the log files cannot be read: they are followed from their ends")
            return
        }
        for journal in state.journals { ledger.apply(journal: journal) }
        files = Self.reopen(ledger, log: log)
        let first = ledger.batches.first?.numbers.lowerBound ?? .max
        var queue = ReliableQueue(
            origin: ledger.origin, bound: bound, acknowledged: min(ledger.acknowledgedSeq, first - 1))
        ledger.keepOnly(readAgain(ledger, into: &queue))
        queue.skip(to: ledger.lastSeq)
        queue.acknowledge(upTo: ledger.acknowledgedSeq)
        self.ledger = ledger
        self.queue = queue
    }

    // MARK: - Files

    /// The files that are still there, under whatever name, in the order in which they were found.
    private static func reopen(_ ledger: LogLedger, log: Logger) -> [FollowedFile] {
        // Of a file that was written anew only the last content can be there.
        let newest = Dictionary(ledger.files.values.map { ($0.identity, $0) }) { $0.id > $1.id ? $0 : $1 }
        return newest.values.sorted { $0.id < $1.id }.compactMap { entry in
            guard let path = place(of: entry), let end = ledger.end(of: entry.id),
                let file = FollowedFile(
                    id: entry.id, path: entry.path, found: path, identity: entry.identity, offset: end),
                file.size >= end, entry.fingerprint.matches(descriptor: file.descriptor)
            else {
                log.notice("a log file has gone since the agent ran last", metadata: ["file": "\(entry.path)"])
                return nil
            }
            return file
        }
    }

    private static func place(of entry: LogLedger.File) -> String? {
        if FileIdentity(path: entry.path) == entry.identity { return entry.path }
        let directory = LogPatterns.directory(of: entry.path)
        return directoryNames(directory).lazy.map { "\(directory)/\($0)" }.first {
            FileIdentity(path: $0) == entry.identity
        }
    }

    // MARK: - Lines

    /// Each segment becomes a batch of its own. What cannot be read any more is left out: a gap.
    private func readAgain(_ ledger: LogLedger, into queue: inout ReliableQueue) -> [LogLedger.Batch] {
        let files = Dictionary(files.map { ($0.id, $0) }) { first, _ in first }
        let builder = LogBatchBuilder()
        let timestamp = Double(unixNanoseconds() / 1_000_000) / 1000
        var kept: [LogLedger.Batch] = []
        for batch in ledger.batches {
            var first = batch.numbers.lowerBound
            for segment in batch.segments {
                let numbers = first...(first + UInt64(segment.count) - 1)
                first = numbers.upperBound + 1
                guard let file = files[segment.file],
                    let payload = Self.payload(of: segment, in: file, with: builder, timestamp: timestamp)
                else { continue }
                queue.keep(ReliableBatch(numbers: numbers, payload: payload))
                kept.append(LogLedger.Batch(numbers: numbers, segments: [segment]))
            }
        }
        return kept
    }

    /// Nil when the part does not hold the lines any more that were taken of it.
    private static func payload(
        of segment: LogSegment, in file: FollowedFile, with builder: LogBatchBuilder, timestamp: Double
    ) -> [UInt8]? {
        let length = segment.end - segment.start
        guard length <= longestSegment else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: Int(length), alignment: 16) { buffer in
            guard pread(file.descriptor, buffer.baseAddress, buffer.count, off_t(segment.start)) == buffer.count else {
                return nil
            }
            var place = 0
            while let cut = LogLine.next(in: UnsafeRawBufferPointer(buffer), from: place, atEnd: true) {
                let part = (segment.start + Int64(place))..<(segment.start + Int64(cut.end))
                builder.add(
                    UnsafeRawBufferPointer(rebasing: buffer[cut.line]), of: file.path, file: segment.file, part: part,
                    continues: true, timestamp: timestamp)
                place = cut.end
            }
            let sealed = builder.seal()
            return sealed.count == segment.count ? sealed.payload : nil
        }
    }
}
