/// The ledger as lines of text. A record of a journal is such a line too.
extension LogLedger {
    static let version = "sluice-logs 1"

    var text: String {
        var lines = [Self.version, "count \(origin) \(acknowledgedSeq) \(lastSeq) \(nextFileID)"]
        lines += patterns.map { "pattern \(Self.escaped($0))" }
        lines += files.values.sorted { $0.id < $1.id }.map(Self.record)
        lines += batches.map(Self.record)
        return lines.joined(separator: "\n") + "\n"
    }

    static func record(_ file: File) -> String {
        let identity = "\(file.identity.device) \(file.identity.inode)"
        let fingerprint = "\(file.fingerprint.length) \(file.fingerprint.hash)"
        return "file \(file.id) \(identity) \(fingerprint) \(file.acknowledged) \(escaped(file.path))"
    }

    static func record(_ batch: Batch) -> String {
        let segments = batch.segments.map { "\($0.file):\($0.start):\($0.end):\($0.count)" }
        return "batch \(batch.numbers.lowerBound) \(batch.numbers.upperBound) " + segments.joined(separator: " ")
    }

    /// Nil for a text that is not one of these.
    init?(text: String) {
        var lines = text.split(separator: "\n")[...]
        guard text.hasSuffix("\n"), lines.popFirst() == Self.version[...], let count = lines.popFirst() else {
            return nil
        }
        let words = count.split(separator: " ")
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        guard words.first == "count", numbers.count == 4, numbers[0] > 0 else { return nil }
        self.init(
            origin: numbers[0], patterns: [], acknowledged: numbers[1], last: numbers[2], nextFileID: numbers[3])
        for line in lines {
            guard apply(record: line) else { return nil }
        }
    }

    /// What the journal has noted since. The last record may have been cut off by a crash; nothing counts from there on.
    mutating func apply(journal: String) {
        let isComplete = journal.hasSuffix("\n")
        for line in isComplete ? journal.split(separator: "\n")[...] : journal.split(separator: "\n").dropLast() {
            guard apply(record: line) else { return }
        }
    }

    private mutating func apply(record line: Substring) -> Bool {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { return false }
        switch words[0] {
        case "pattern":
            patterns.append(Self.unescaped(words[1]))
            return true
        case "file": return applyFile(words[1])
        case "batch": return applyBatch(words[1])
        default: return false
        }
    }

    private mutating func applyFile(_ text: Substring) -> Bool {
        let words = text.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
        guard words.count == 7, let id = UInt64(words[0]), id < .max, let device = UInt64(words[1]),
            let inode = UInt64(words[2]), let length = Int(words[3]), 0...FileFingerprint.maximum ~= length,
            let hash = UInt64(words[4]), let offset = Int64(words[5]), offset >= 0
        else { return false }
        note(
            File(
                id: id, path: Self.unescaped(words[6]), identity: FileIdentity(device: device, inode: inode),
                fingerprint: FileFingerprint(length: length, hash: hash), acknowledged: offset))
        return true
    }

    private mutating func applyBatch(_ text: Substring) -> Bool {
        let words = text.split(separator: " ")
        guard words.count >= 3, let first = UInt64(words[0]), let last = UInt64(words[1]), first > 0, first <= last,
            last < .max, first > (batches.last?.numbers.upperBound ?? 0)
        else { return false }
        let segments = words[2...].compactMap(Self.segment)
        guard segments.count == words.count - 2, segments.allSatisfy({ files[$0.file] != nil }),
            segments.reduce(0, { $0 + UInt64($1.count) }) == last - first + 1
        else { return false }
        if last > acknowledgedSeq { add(Batch(numbers: first...last, segments: segments)) }
        return true
    }

    private static func segment(_ text: Substring) -> LogSegment? {
        let parts = text.split(separator: ":").compactMap { Int64($0) }
        guard parts.count == 4, parts[0] > 0, parts[1] >= 0, parts[1] < parts[2], 1...Int64(Int32.max) ~= parts[3]
        else {
            return nil
        }
        return LogSegment(file: UInt64(parts[0]), start: parts[1], end: parts[2], count: Int(parts[3]))
    }

    private static func escaped(_ path: String) -> String {
        path.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\\": text += "\\\\"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    private static func unescaped(_ text: Substring) -> String {
        var path = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if !isEscaped, scalar == "\\" {
                isEscaped = true
                continue
            }
            let isBreak = isEscaped && (scalar == "n" || scalar == "r")
            path.unicodeScalars.append(isBreak ? (scalar == "n" ? "\n" : "\r") : scalar)
            isEscaped = false
        }
        return path
    }
}
