import Model

/// What one line of output tells.
enum DeploymentFinding: Equatable, Sendable {
    /// It has come at least this far.
    case phase(DeploymentPhase)
    /// Said by the command itself: it is taken as it is.
    case progress(Int)
    /// So many of so many parts of the present phase are done.
    case part(done: Int, of: Int)
    case service(DeploymentService)
    case message(String)
    /// Something went wrong. Whether all of it did, the exit code says.
    case failure(String)
}

/// Knows the output of one tool. Stateless: what has to be remembered is the analyzer's.
protocol DeploymentDialect: Sendable {
    /// What the line tells; empty when it is not this tool's.
    func read(_ line: DeploymentLine) -> [DeploymentFinding]
}

/// A line of output without colours and cursor movements, and its words.
struct DeploymentLine: Sendable {
    let text: Substring
    /// Separated by any number of spaces.
    let words: [Substring]
    let isIndented: Bool

    /// Bytes of a line that are looked at.
    static let maximumLength = 2_048

    init(_ raw: String) {
        let plain = Self.withoutEscapes(raw)
        text = plain[...].trimmed
        isIndented = plain.first == " " || plain.first == "\t"
        words = text.split(separator: " ", maxSplits: 63)
    }

    func word(_ index: Int) -> Substring { words.indices.contains(index) ? words[index] : "" }

    /// Removes control sequences (ECMA-48, 5.4: ESC `[`, parameters, a final byte) and other control characters.
    private static func withoutEscapes(_ raw: String) -> String {
        let bytes = raw.utf8.prefix(maximumLength)
        guard bytes.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return String(Substring(bytes)) }
        var kept: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            if byte == 0x1b {
                guard let next = rest.next(), next == UInt8(ascii: "[") else { continue }
                while let parameter = rest.next(), !(0x40...0x7e).contains(parameter) {}
            } else if byte == 0x09 {
                kept.append(0x20)
            } else if byte >= 0x20, byte != 0x7f {
                kept.append(byte)
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}

extension Substring {
    var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// What stands between the two, at their first places.
    func between(_ before: String, _ after: String) -> Substring? {
        guard let start = firstRange(of: before)?.upperBound, let end = self[start...].firstRange(of: after)?.lowerBound
        else { return nil }
        return self[start..<end]
    }

    func after(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }

    /// Without quotation marks around it.
    var unquoted: Substring {
        var text = self
        while let first = text.first, "\"'`“".contains(first) { text.removeFirst() }
        while let last = text.last, "\"'`”:.,".contains(last) { text.removeLast() }
        return text
    }
}
