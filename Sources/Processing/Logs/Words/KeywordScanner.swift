/// Finds every keyword in one pass over the bytes: an Aho-Corasick automaton (Aho and Corasick, 1975) with its failure
/// links folded into a table, so that a byte costs one look-up however many keywords there are.
///
/// Immutable after `init`: the one instance is shared by all processors on all threads.
final class KeywordScanner: Sendable {
    static let shared = KeywordScanner()

    private static let classes = 64
    /// Set in an entry of the table that leads to a state where a keyword ends.
    private static let hit: UInt16 = 0x8000

    /// Bytes that no keyword has are of class 0; letters are of one class in both cases.
    private let classOf: [UInt8]
    /// By state * 64 + class.
    private let next: [UInt16]
    /// By state: the keywords that end there.
    private let endings: [[Keyword]]

    private init() {
        var classOf = [UInt8](repeating: 0, count: 256)
        var classCount: UInt8 = 1
        for keyword in Keyword.allCases {
            for byte in ByteText(keyword.text).buffer where classOf[Int(byte)] == 0 {
                classOf[Int(byte)] = classCount
                if byte.isLetter { classOf[Int(byte & ~0x20)] = classCount }
                classCount += 1
            }
        }
        precondition(classCount <= Self.classes, "the keywords use too many different bytes")
        // Between words, any white space will do.
        for space: UInt8 in [0x09, 0x0A, 0x0D] { classOf[Int(space)] = classOf[0x20] }
        var builder = Builder(classes: Self.classes)
        for keyword in Keyword.allCases {
            builder.insert(keyword, ByteText(keyword.text).buffer.map { Int(classOf[Int($0)]) })
        }
        builder.link()
        precondition(builder.endings.count < Self.hit, "the keywords have too many bytes")
        self.classOf = classOf
        endings = builder.endings
        next = builder.next.map { state in
            UInt16(state) | (builder.endings[Int(state)].isEmpty ? 0 : Self.hit)
        }
    }

    /// Calls `body` for each occurrence with the position behind it.
    @inline(__always)
    func scan(_ text: ByteText, _ body: (Keyword, Int) -> Void) {
        classOf.withUnsafeBufferPointer { classOf in
            next.withUnsafeBufferPointer { next in
                var state = 0
                for (index, byte) in text.buffer.enumerated() {
                    let entry = next[state << 6 | Int(classOf[Int(byte)])]
                    state = Int(entry & ~Self.hit)
                    if entry & Self.hit != 0 {
                        for keyword in endings[state] { body(keyword, index + 1) }
                    }
                }
            }
        }
    }

    /// The keywords that occur.
    func keywords(in text: ByteText) -> KeywordSet {
        var found = KeywordSet()
        scan(text) { keyword, _ in found.insert(keyword) }
        return found
    }
}

/// The trie, and then the automaton, while it is built.
private struct Builder {
    let classes: Int
    /// By state * classes + class. 0 is the root; before `link` it also stands for "nothing".
    var next: [UInt16]
    var endings: [[Keyword]] = [[]]

    init(classes: Int) {
        self.classes = classes
        next = [UInt16](repeating: 0, count: classes)
    }

    mutating func insert(_ keyword: Keyword, _ path: [Int]) {
        var state = 0
        for step in path {
            if next[state * classes + step] == 0 {
                next[state * classes + step] = UInt16(endings.count)
                endings.append([])
                next += [UInt16](repeating: 0, count: classes)
            }
            state = Int(next[state * classes + step])
        }
        endings[state].append(keyword)
    }

    /// Breadth first, so that the state to fall back to is complete when it is needed.
    mutating func link() {
        var fallback = [Int](repeating: 0, count: endings.count)
        var queue = (0..<classes).map { Int(next[$0]) }.filter { $0 != 0 }
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            endings[state] += endings[fallback[state]]
            for step in 0..<classes {
                let child = Int(next[state * classes + step])
                let other = next[fallback[state] * classes + step]
                if child == 0 {
                    next[state * classes + step] = other
                } else {
                    fallback[child] = Int(other)
                    queue.append(child)
                }
            }
        }
    }
}
