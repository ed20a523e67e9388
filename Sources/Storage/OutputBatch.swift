package import Model

/// Output of one task on its way to its file, already in the file's form. Filled by the loop that received it: one copy
/// of each line, no allocation per line.
package struct OutputBatch: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Of the first record; 0 while empty.
    package private(set) var firstSeq: UInt64 = 0
    /// Of the last record; 0 while empty.
    package private(set) var lastSeq: UInt64 = 0
    package private(set) var count = 0
    package private(set) var hasFinal = false

    /// `bytes`: of text that is about to come.
    package init(reserving bytes: Int = 0) { self.bytes.reserveCapacity(bytes) }

    package var isEmpty: Bool { count == 0 }
    package var byteCount: Int { bytes.count }

    /// The most that so many lines of so many bytes together take, with a gap before each and a final marker whose reason
    /// is among the bytes.
    package static func maximumByteCount(lines: Int, textBytes: Int) -> Int {
        textBytes + (lines + 1) * (2 * OutputFormat.recordHeaderSize + 8) + OutputEnd.maximumLengthWithoutReason
    }

    /// One line without its line break. Numbers must rise within a batch; the log skips what it has already.
    package mutating func appendLine(
        seq: UInt64, stream: OutputStream, isTruncated: Bool = false, time: WallTime, text: UnsafeRawBufferPointer
    ) {
        append(
            seq: seq, time: time, kind: stream == .stderr ? .standardError : .standardOutput,
            flags: isTruncated ? OutputFormat.truncatedFlag : 0,
            text: UnsafeRawBufferPointer(rebasing: text.prefix(OutputFormat.maximumTextLength)))
    }

    package mutating func appendLine(_ line: OutputLine) {
        appendLine(
            seq: line.seq, stream: line.stream, isTruncated: line.isTruncated, time: line.time, text: line.text)
    }

    /// Lines that the agent had to drop.
    package mutating func appendGap(_ missing: ClosedRange<UInt64>, time: WallTime) {
        withUnsafeBytes(of: missing.lowerBound.littleEndian) { text in
            append(seq: missing.upperBound, time: time, kind: .gap, flags: 0, text: text)
        }
        if count == 1 { firstSeq = missing.lowerBound }
    }

    /// The final marker; nothing follows it.
    package mutating func appendFinal(_ end: OutputEnd) {
        end.text.withUnsafeBytes { append(seq: end.seq, time: end.time, kind: .final, flags: 0, text: $0) }
        hasFinal = true
    }

    /// The records with numbers above `seq`, and the first of these numbers; nil when there are none.
    func records(after seq: UInt64) -> (bytes: ArraySlice<UInt8>, firstSeq: UInt64)? {
        guard lastSeq > seq else { return nil }
        guard firstSeq <= seq else { return (bytes[...], firstSeq) }
        var offset = 0
        var first = lastSeq
        bytes.withUnsafeBytes { all in
            while let record = RecordView(UnsafeRawBufferPointer(rebasing: all[offset...])) {
                guard record.seq <= seq else {
                    first = record.seq
                    return
                }
                offset += record.size
            }
        }
        return (bytes[offset...], first)
    }

    private mutating func append(
        seq: UInt64, time: WallTime, kind: OutputFormat.Kind, flags: UInt8, text: UnsafeRawBufferPointer
    ) {
        OutputFormat.append(to: &bytes, seq: seq, time: time, kind: kind, flags: flags, text: text)
        if count == 0 { firstSeq = seq }
        lastSeq = seq
        count += 1
    }
}

/// What a reader finds, in the order of the numbers.
package enum OutputItem {
    case line(OutputLine)
    /// Lines that were dropped by the agent, or have left the retention.
    case missing(ClosedRange<UInt64>)
    case final(OutputEnd)
}
