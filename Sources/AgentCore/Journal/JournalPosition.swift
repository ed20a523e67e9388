/// Where a reader of the journal goes on: behind an entry, or, before it has seen any, at a time.
enum JournalPosition: SpoolPlace {
    case after(cursor: String)
    /// Seconds since 1970.
    case since(Int64)

    /// Cursors of systemd are some 130 characters; the rest of a longer one is not a cursor.
    static let maximumCursor = 400

    /// One word.
    var text: String {
        switch self {
        case .after(let cursor): cursor
        case .since(let seconds): "@\(seconds)"
        }
    }

    /// Nil for what is no position.
    init?(text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.count <= Self.maximumCursor, !text.contains(where: { $0.isWhitespace }) else {
            return nil
        }
        if text.hasPrefix("@") {
            guard let seconds = Int64(text.dropFirst()) else { return nil }
            self = .since(seconds)
        } else {
            self = .after(cursor: String(text))
        }
    }

    static var now: JournalPosition { .since(Int64(unixNanoseconds() / 1_000_000_000)) }

    /// For `journalctl`.
    var argument: String {
        switch self {
        case .after(let cursor): "--after-cursor=\(cursor)"
        case .since(let seconds): "--since=@\(seconds)"
        }
    }
}
