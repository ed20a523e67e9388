/// A part of a log file that some items of a reliable stream were made of.
struct LogSegment: Equatable {
    var file: UInt64
    var start: Int64
    var end: Int64
    /// Items, in the order of the file.
    var count: Int
}

/// Which numbers were given to which parts of which files, as far as they are not acknowledged, and up to where each
/// file is acknowledged. A value without I/O: what must be known to go on after a restart as if there had been none.
struct LogLedger: Equatable {
    struct File: Equatable {
        var id: UInt64
        var path: String
        var identity: FileIdentity
        var fingerprint: FileFingerprint
        /// The gateway has everything before it.
        var acknowledged: Int64
    }

    struct Batch: Equatable {
        var numbers: ClosedRange<UInt64>
        var segments: [LogSegment]
    }

    var origin: UInt64
    /// What was followed when this was written: other files were there before somebody asked for them.
    var patterns: [String]
    private(set) var acknowledgedSeq: UInt64 = 0
    private(set) var lastSeq: UInt64 = 0
    private(set) var nextFileID: UInt64 = 1
    private(set) var files: [UInt64: File] = [:]
    private(set) var batches: [Batch] = []

    init(origin: UInt64, patterns: [String]) {
        self.origin = origin
        self.patterns = patterns
    }

    init(
        origin: UInt64, patterns: [String], acknowledged: UInt64, last: UInt64, nextFileID: UInt64
    ) {
        self.init(origin: origin, patterns: patterns)
        acknowledgedSeq = acknowledged
        lastSeq = max(last, acknowledged)
        self.nextFileID = max(nextFileID, 1)
    }

    mutating func takeFileID() -> UInt64 {
        defer { nextFileID += 1 }
        return nextFileID
    }

    /// A file is followed from `File.acknowledged` on, or its fingerprint is longer by now.
    mutating func note(_ file: File) {
        var file = file
        if let known = files[file.id] { file.acknowledged = known.acknowledged }
        files[file.id] = file
        nextFileID = max(nextFileID, file.id + 1)
    }

    mutating func add(_ batch: Batch) {
        batches.append(batch)
        lastSeq = max(lastSeq, batch.numbers.upperBound)
    }

    mutating func acknowledge(upTo seq: UInt64) {
        acknowledgedSeq = max(acknowledgedSeq, min(seq, lastSeq))
        let count = batches.prefix { $0.numbers.upperBound <= acknowledgedSeq }.count
        for segment in batches[..<count].flatMap(\.segments) {
            guard let known = files[segment.file]?.acknowledged, known < segment.end else { continue }
            files[segment.file]?.acknowledged = segment.end
        }
        batches.removeFirst(count)
    }

    /// After a restart: what of the unacknowledged items could be read again. Their numbers rise as before.
    mutating func keepOnly(_ batches: [Batch]) { self.batches = batches }

    /// Numbers from 1 on, in another count.
    mutating func renumber(origin: UInt64) {
        self.origin = origin
        acknowledgedSeq = 0
        lastSeq = 0
        for index in batches.indices {
            let count = UInt64(batches[index].numbers.count)
            batches[index].numbers = (lastSeq + 1)...(lastSeq + count)
            lastSeq += count
        }
    }

    /// Forgets the files that are not followed any more and have nothing unacknowledged.
    mutating func forget(except followed: Set<UInt64>) {
        let needed = followed.union(batches.flatMap(\.segments).map(\.file))
        files = files.filter { needed.contains($0.key) }
    }

    /// Up to where items were made of the file.
    func end(of file: UInt64) -> Int64? {
        let ends = batches.flatMap(\.segments).filter { $0.file == file }.map(\.end)
        return ends.max() ?? files[file]?.acknowledged
    }
}
