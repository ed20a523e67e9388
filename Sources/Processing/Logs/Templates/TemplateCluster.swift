import Model

/// One template while it is being learned.
struct TemplateCluster: Sendable {
    private static let maximumExamples = 3
    static let exampleBytes = 256

    /// By word: its hash, or 0 where it varies.
    private(set) var words: [UInt64]
    private(set) var template: LogTemplate
    private(set) var level: LogLevel
    private(set) var total = 0
    private(set) var lastSeen: WallTime
    let firstSeen: WallTime
    private(set) var recent = RecentCounts()
    private(set) var examples: [String] = []
    /// Where in the tree it hangs.
    let leaf: UInt64
    /// The words with one space between, and where each ends.
    private var text: [UInt8]
    private var ends: [Int32]

    init(_ line: MaskedLine, leaf: UInt64, level: LogLevel, now: WallTime) {
        words = line.hashes
        text = line.text
        ends = line.ends
        self.leaf = leaf
        self.level = level
        firstSeen = now
        lastSeen = now
        template = LogTemplate(id: .init(0), text: "")
        name()
    }

    mutating func count(level: LogLevel, message: ByteText, now: WallTime) {
        total += 1
        if level > self.level { self.level = level }
        if now > lastSeen { lastSeen = now }
        recent.add(at: now)
        if examples.count < Self.maximumExamples, total <= Self.maximumExamples {
            examples.append(message.prefix(Self.exampleBytes).string)
        }
    }

    /// The share of words that are the same (Drain's simSeq), and how many vary; nil for another number of words.
    func similarity(to line: MaskedLine) -> (same: Int, varying: Int)? {
        guard words.count == line.hashes.count else { return nil }
        var same = 0
        var varying = 0
        for (mine, other) in zip(words, line.hashes) {
            if mine == other { same += 1 } else if mine == 0 { varying += 1 }
        }
        return (same, varying)
    }

    /// Lets vary what differs from `line`, which has as many words.
    mutating func generalise(to line: MaskedLine) {
        for (index, other) in line.hashes.enumerated() where words[index] != other { words[index] = 0 }
        name()
    }

    /// Writes the text and the id anew.
    private mutating func name() {
        var newText: [UInt8] = []
        var newEnds: [Int32] = []
        var start = 0
        for (index, end) in ends.enumerated() {
            if index > 0 { newText.append(0x20) }
            if words[index] == 0 {
                newText += ByteText(Mask.any).buffer
            } else {
                newText += text[start..<Int(end)]
            }
            newEnds.append(Int32(newText.count))
            start = Int(end) + 1
        }
        (text, ends) = (newText, newEnds)
        template = LogTemplate(
            id: .init(StableHash.of(newText)), text: String(decoding: newText, as: UTF8.self))
    }

    /// Nothing belongs to it any more; its slot waits to be used again.
    mutating func retire() { words = [UInt64](repeating: 0, count: MaskedLine.maximumWords + 1) }

    /// Takes over what was counted for another that has become the same.
    mutating func absorb(_ other: TemplateCluster) {
        total += other.total
        level = max(level, other.level)
        lastSeen = max(lastSeen, other.lastSeen)
        recent.add(other.recent)
    }
}
