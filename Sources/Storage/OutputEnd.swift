import Model

extension OutputEnd {
    /// Exit code i32, has exit code u8, then the status, the reason and the duration, with a NUL between them.
    var text: [UInt8] {
        var text: [UInt8] = []
        text.appendLittleEndian(exitCode ?? 0)
        text.append(exitCode == nil ? 0 : 1)
        text += status.rawValue.utf8
        text.append(0)
        text += (reason ?? "").utf8.prefix(Self.maximumReasonLength)
        text.append(0)
        text += (duration.map { "\($0)" } ?? "").utf8
        return text
    }

    private static let maximumReasonLength = 1_024
    /// More than the other parts of the text have.
    static let maximumLengthWithoutReason = 64

    /// Of a marker that is damaged or from a later version, what can be read.
    init(_ record: RecordView) {
        self.init(seq: record.seq, status: .failed, exitCode: nil, time: record.time)
        guard record.text.count >= 5 else { return }
        if record.text[4] != 0 { exitCode = record.text.littleEndian(Int32.self, at: 0) }
        let parts = record.text[5...].split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        status = parts.first.flatMap(TaskStatus.init(rawValue:)) ?? .failed
        if parts.count > 1, !parts[1].isEmpty { reason = parts[1] }
        if parts.count > 2 { duration = Milliseconds(parts[2]) }
    }
}
