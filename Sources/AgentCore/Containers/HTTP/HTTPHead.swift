/// Status line and headers of an answer.
struct HTTPHead: Equatable {
    struct Header: Equatable {
        /// In lower case.
        var name: String
        var value: String
    }

    var status: Int
    var headers: [Header] = []

    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Bytes of a head, and its headers.
    static let maximumBytes = 32 << 10
    static let maximumHeaders = 100

    /// - Parameter bytes: up to the empty line, without it.
    init(parsing bytes: some BidirectionalCollection<UInt8>) throws(HTTPViolation) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self) }
        let words = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Int(words[1]), (100...599).contains(status)
        else { throw HTTPViolation("no status line") }
        guard lines.count <= Self.maximumHeaders else { throw HTTPViolation("too many headers") }
        self.status = status
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw HTTPViolation("a header without a name")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append(Header(name: line[..<colon].lowercased(), value: String(value)))
        }
    }
}

/// What came is not HTTP as it is agreed on.
struct HTTPViolation: Error, Equatable {
    /// Half a sentence for the log.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
