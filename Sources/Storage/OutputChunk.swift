import Model

/// A stretch of a task's output, read from its file.
package struct OutputChunk: Sendable {
    let bytes: [UInt8]
    /// Where in `bytes` there are whole records.
    let records: Range<Int>
    /// The number that was asked for.
    let wanted: UInt64
    /// Nothing more is stored behind this chunk at the moment. An empty chunk without this means: ask again, the
    /// position has moved.
    package let isAtEnd: Bool
    package var byteCount: Int { records.count }
    package var isEmpty: Bool { byteCount == 0 }

    /// Visits what is in the chunk in its order, with what is missing before it and in between.
    package func forEach(_ body: (OutputItem) throws -> Void) rethrows {
        try bytes.withUnsafeBytes { all in
            var next = wanted
            var rest = UnsafeRawBufferPointer(rebasing: all[records])
            while let record = RecordView(rest) {
                let first = max(record.firstSeq, next)
                if first > next { try body(.missing(next...(first - 1))) }
                try body(record.item(from: first))
                next = record.seq &+ 1
                rest = UnsafeRawBufferPointer(rebasing: rest[record.size...])
            }
        }
    }

    /// As a person reads it: one line per line, stdout and stderr as they came, a sentence for what is missing; valid
    /// UTF-8. Without the final marker.
    package func appendText(to text: inout [UInt8]) {
        forEach { item in
            switch item {
            case .line(let line):
                text.append(repairing: line.text)
                if !line.isTruncated { text.append(UInt8(ascii: "\n")) }
            case .missing(let range):
                let sentence = "[\(range.count) lines are missing: \(range.lowerBound) to \(range.upperBound)]\n"
                text.append(contentsOf: sentence.utf8)
            case .final: break
            }
        }
    }
}

extension RecordView {
    /// Of a gap, the first of the missing numbers.
    var firstSeq: UInt64 {
        guard kind == .gap, text.count >= 8 else { return seq }
        return min(seq, text.littleEndian(UInt64.self, at: 0))
    }

    /// `first`: where a gap begins for this reader.
    fileprivate func item(from first: UInt64) -> OutputItem {
        switch kind {
        case .standardOutput, .standardError:
            .line(
                OutputLine(
                    seq: seq, stream: kind == .standardError ? .stderr : .stdout,
                    isTruncated: flags & OutputFormat.truncatedFlag != 0, time: time, text: text))
        case .gap: .missing(min(first, seq)...seq)
        case .final: .final(OutputEnd(self))
        }
    }
}

extension [UInt8] {
    /// Invalid UTF-8 becomes U+FFFD.
    fileprivate mutating func append(repairing text: UnsafeRawBufferPointer) {
        append(contentsOf: String(decoding: text, as: UTF8.self).utf8)
    }
}
