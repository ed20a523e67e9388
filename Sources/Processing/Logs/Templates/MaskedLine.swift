/// A message with everything that varies replaced by a mask, cut into words: what templates are made of.
struct MaskedLine: Sendable {
    /// Of a message so much is looked at; the rest varies anyway.
    static let maximumBytes = 1_024
    static let maximumWords = 48

    /// The words with one space between.
    private(set) var text: [UInt8] = []
    /// By word: where it ends in `text`.
    private(set) var ends: [Int32] = []
    /// By word: its hash.
    private(set) var hashes: [UInt64] = []
    /// Of all words.
    private(set) var digest: UInt64 = 0
    private var hash = StableHash()

    init() {
        text.reserveCapacity(Self.maximumBytes)
        ends.reserveCapacity(Self.maximumWords)
        hashes.reserveCapacity(Self.maximumWords)
    }

    /// Whether it is a request, whose templates are kept apart as long as there is room.
    private(set) var isRequest = false

    mutating func read(_ message: ByteText) {
        clear()
        isRequest = false
        let message = message.prefix(Self.maximumBytes)
        var position = 0
        while hashes.count < Self.maximumWords {
            while message[position].isSpace { position += 1 }
            guard position < message.count else { break }
            readWord(message, &position)
        }
        finish()
    }

    /// `GET /users/<num> 200`: what varies in a path is masked segment by segment, and there is no query.
    mutating func read(request: WebRequestParts) {
        clear()
        isRequest = true
        beginWord()
        for byte in (request.method ?? ByteText("-")).prefix(16).buffer { emit(byte) }
        endWord()
        beginWord()
        let target = request.target ?? ByteText("-")
        emitPath(target.prefix(target.index(of: UInt8(ascii: "?")) ?? target.count).prefix(Self.maximumPath))
        endWord()
        guard let status = request.status else { return finish() }
        beginWord()
        for byte in status.description.utf8 { emit(byte) }
        endWord()
        finish()
    }

    private static let maximumPath = 256

    private mutating func emitPath(_ path: ByteText) {
        var position = 0
        while position < path.count {
            if path[position] == UInt8(ascii: "/") {
                emit(path[position])
                position += 1
                continue
            }
            let end = path.index(of: UInt8(ascii: "/"), from: position) ?? path.count
            let segment = path.slice(position, end)
            if let mask = Mask.of(segment) { emit(mask) } else { emitMixed(segment) }
            position = end
        }
    }

    private mutating func clear() {
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
    }

    private mutating func finish() {
        var whole = StableHash()
        whole.combine(isRequest ? 1 as UInt64 : 0)
        for hash in hashes { whole.combine(hash) }
        digest = whole.value
    }

    private mutating func beginWord() {
        if !hashes.isEmpty { text.append(0x20) }
        hash = StableHash()
    }

    private mutating func endWord() {
        ends.append(Int32(text.count))
        hashes.append(hash.value)
    }

    private mutating func readWord(_ message: ByteText, _ position: inout Int) {
        beginWord()
        while position < message.count, !message[position].isSpace {
            let byte = message[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"),
                let end = closingQuote(message, from: position)
            {
                emit(Mask.string)
                position = end
            } else if Chunk.mayContain(byte) {
                readChunk(message, &position)
            } else {
                emit(byte)
                position += 1
            }
        }
        endWord()
    }

    /// Behind the closing quote; nil where the mark is an apostrophe.
    private func closingQuote(_ message: ByteText, from start: Int) -> Int? {
        guard !message[start - 1].isWord else { return nil }
        var position = start + 1
        // A few tries, so that a line full of quotation marks costs no more than others.
        for _ in 0..<4 {
            guard let end = message.index(of: message[start], from: position) else { return nil }
            if message[end - 1] != UInt8(ascii: "\\"), !message[end + 1].isWord { return end + 1 }
            position = end + 1
        }
        return nil
    }

    private mutating func readChunk(_ message: ByteText, _ position: inout Int) {
        let start = position
        var hasDigit = false
        while Chunk.mayContain(message[position]) {
            hasDigit = hasDigit || message[position].isDigit
            position += 1
        }
        // What closes a sentence or a clause belongs to no number.
        while position > start + 1, Chunk.isPunctuation(message[position - 1]) { position -= 1 }
        let chunk = message.slice(start, position)
        if chunk.contains("://") {
            // Also what an address may have that other words end at.
            while position < message.count, !message[position].isSpace, !Self.closesAddress(message[position]) {
                position += 1
            }
            return emit(Mask.url)
        }
        if !hasDigit, chunk[0] != UInt8(ascii: "/") {
            for byte in chunk.buffer { emit(byte) }
        } else if let mask = Mask.of(chunk) {
            emit(mask)
        } else {
            emitMixed(chunk)
        }
        if Chunk.isPunctuation(message[position]) {
            emit(message[position])
            position += 1
        }
    }

    private static func closesAddress(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: ")")
            || byte == UInt8(ascii: ">")
            || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";")
    }

    /// `worker-17` as `worker-<num>`, `ssh2` as `ssh<num>`; a part in which digits and letters alternate as `<id>`.
    private mutating func emitMixed(_ chunk: ByteText) {
        var index = 0
        while index < chunk.count {
            var end = index
            while chunk[end].isLetter || chunk[end].isDigit { end += 1 }
            if end == index {
                emit(chunk[index])
                index += 1
                continue
            }
            emitPart(chunk.slice(index, end))
            index = end
        }
    }

    /// Letters and digits alone.
    private mutating func emitPart(_ part: ByteText) {
        var letters = 0
        while part[letters].isLetter { letters += 1 }
        let digits = part.digitRun(at: letters)
        guard letters + digits == part.count else { return emit(Mask.identifier) }
        for byte in part.prefix(letters).buffer { emit(byte) }
        if digits > 0 { emit(Mask.number) }
    }

    @inline(__always)
    private mutating func emit(_ byte: UInt8) {
        text.append(byte)
        hash.combine(byte)
    }

    private mutating func emit(_ mask: StaticString) { for byte in ByteText(mask).buffer { emit(byte) } }
}

/// What is masked or kept as a whole: words, numbers, addresses, paths.
private enum Chunk {
    static func mayContain(_ byte: UInt8) -> Bool { table[Int(byte)] }

    static func isPunctuation(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static let table: [Bool] = (0...255).map { byte in
        let byte = UInt8(byte)
        return byte.isWord || byte >= 0x80 || "-.:/@%+#~*?&$".utf8.contains(byte)
    }
}
