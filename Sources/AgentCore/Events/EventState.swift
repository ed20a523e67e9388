/// What must be known to go on with the events of a host after a restart of the agent: as lines of text, of which a
/// record of the journal holds some too. A value without I/O.
struct EventState: Equatable {
    static let version = "sluice-events 1"

    /// The kernel's name for the time since it was started.
    var bootID = ""
    /// The last record of the kernel's log that was looked at.
    var kernelSequence: UInt64 = 0
    /// Where files were read to, by their paths.
    var positions: [String: GrowingFile.Position] = [:]
    /// Where the journal was read to; nil where it never was.
    var journal: JournalPosition?
    /// How full file systems were, by their mount points.
    var diskLevels: [String: Int] = [:]
    var origin: UInt64 = 0
    var acknowledgedSeq: UInt64 = 0
    /// Unacknowledged.
    var batches: [ReliableBatch] = []

    init() {}

    // MARK: - Writing

    var text: String {
        var lines = [Self.version, "count \(origin) \(acknowledgedSeq)"] + placeLines
        lines += batches.map(Self.record)
        return lines.joined(separator: "\n") + "\n"
    }

    /// What events were made of, up to now. Written together with those events.
    var placeLines: [String] {
        var lines = ["boot \(bootID)", "kernel \(kernelSequence)"]
        if let journal { lines.append("journal \(journal.text)") }
        lines += positions.sorted { $0.key < $1.key }.map { path, position in
            "position \(position.identity.device) \(position.identity.inode) \(position.offset) \(path)"
        }
        lines += diskLevels.filter { !$0.key.contains("\n") }.sorted { $0.key < $1.key }.map { "disk \($1) \($0)" }
        return lines
    }

    static func record(_ batch: ReliableBatch) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = batch.payload.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "batch \(batch.numbers.lowerBound) \(batch.numbers.upperBound) \(String(decoding: hex, as: UTF8.self))"
    }

    // MARK: - Reading

    /// Nil for a text that is not one of these.
    init?(text: String) {
        var lines = text.split(separator: "\n")[...]
        guard text.hasSuffix("\n"), lines.popFirst() == Self.version[...] else { return nil }
        for line in lines {
            guard apply(line) else { return nil }
        }
        guard origin > 0 else { return nil }
    }

    /// The last record may have been cut off by a crash; nothing counts from there on.
    mutating func apply(journal: String) {
        let lines = journal.split(separator: "\n")
        for line in journal.hasSuffix("\n") ? lines[...] : lines.dropLast() {
            guard apply(line) else { return }
        }
    }

    private mutating func apply(_ line: Substring) -> Bool {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { return false }
        switch words[0] {
        case "count": return applyCount(words[1])
        case "boot": bootID = String(words[1])
        case "kernel":
            guard let sequence = UInt64(words[1]) else { return false }
            kernelSequence = sequence
        case "journal":
            guard let position = JournalPosition(text: words[1]) else { return false }
            journal = position
        case "position": return applyPosition(words[1])
        case "disk": return applyDisk(words[1])
        case "batch": return applyBatch(words[1])
        default: return false
        }
        return true
    }

    private mutating func applyCount(_ text: Substring) -> Bool {
        let numbers = text.split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count == 2, numbers[0] > 0 else { return false }
        (origin, acknowledgedSeq) = (numbers[0], numbers[1])
        return true
    }

    private mutating func applyPosition(_ text: Substring) -> Bool {
        let words = text.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let device = UInt64(words[0]), let inode = UInt64(words[1]),
            let offset = Int64(words[2]), offset >= 0
        else { return false }
        positions[String(words[3])] = .init(identity: FileIdentity(device: device, inode: inode), offset: offset)
        return true
    }

    private mutating func applyDisk(_ text: Substring) -> Bool {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let level = Int(words[0]), 0...FillingWatch.thresholds.count ~= level else {
            return false
        }
        diskLevels[String(words[1])] = level
        return true
    }

    private mutating func applyBatch(_ text: Substring) -> Bool {
        let words = text.split(separator: " ")
        guard words.count == 3, let first = UInt64(words[0]), let last = UInt64(words[1]),
            first > (batches.last?.numbers.upperBound ?? 0), first <= last, last < .max,
            let payload = Self.bytes(ofHex: words[2].utf8)
        else { return false }
        batches.append(ReliableBatch(numbers: first...last, payload: payload))
        return true
    }

    private static func bytes(ofHex text: Substring.UTF8View) -> [UInt8]? {
        let digits = text.map { Character(UnicodeScalar($0)).hexDigitValue ?? -1 }
        guard digits.count % 2 == 0, digits.allSatisfy({ $0 >= 0 }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
