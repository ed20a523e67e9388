/// Entries of the journal that wait for the gateway.
typealias JournalSpool = LogSpool<JournalPosition>

extension JournalSpool {
    /// No other log file is called that: by it `LogBatchBuilder` knows where lines are from.
    static var fileName: String { "journal.sluice-spool" }
    /// Of unacknowledged lines; beyond it the journal is not read on.
    static var limit: Int64 { 8 << 20 }
    /// A file that has been read, and is longer, is replaced by an empty one.
    static var renewal: Int64 { 4 << 20 }

    /// - Throws: what cannot be opened.
    convenience init(directory: String) throws(StateProblem) {
        StateFile.makeDirectory(directory)
        try self.init(path: "\(directory)/\(Self.fileName)", placePath: "\(directory)/place", start: .now)
    }
}
