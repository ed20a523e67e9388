import Glibc

/// Finds out what a task's directory holds, without changing it.
enum TaskOutputRecovery {
    /// Earlier segments are taken at their size: they were complete before the next was begun. The last one is read
    /// through, and counts up to its last whole record.
    static func load(_ directory: String) -> TaskOutputState {
        var state = TaskOutputState()
        state.segments = FileSystem.names(in: directory).compactMap(firstSeq).sorted().map { seq in
            let path = TaskOutputCatalogue.path(of: seq, in: directory)
            return .init(firstSeq: seq, length: FileSystem.size(path))
        }
        while let last = state.segments.last {
            let path = TaskOutputCatalogue.path(of: last.firstSeq, in: directory)
            let tail = scan(path, firstSeq: last.firstSeq)
            if tail.lastSeq > 0 {
                state.segments[state.segments.count - 1].length = tail.length
                state.lastSeq = tail.lastSeq
                state.isFinal = tail.isFinal
                return state
            }
            state.segments.removeLast()
        }
        return state
    }

    private static func firstSeq(_ name: String) -> UInt64? {
        guard name.hasSuffix(".out"), name.utf8.count == 20 else { return nil }
        return UInt64(name.dropLast(4), radix: 16)
    }

    private static func scan(_ path: String, firstSeq: UInt64) -> (length: Int, lastSeq: UInt64, isFinal: Bool) {
        var length = 0
        var lastSeq: UInt64 = 0
        var isFinal = false
        contents(of: path).withUnsafeBytes { bytes in
            guard OutputFormat.isSegmentHeader(bytes, firstSeq: firstSeq) else { return }
            length = OutputFormat.segmentHeaderSize
            while let record = RecordView(UnsafeRawBufferPointer(rebasing: bytes[length...])), record.isIntact {
                length += record.size
                lastSeq = record.seq
                isFinal = record.kind == .final
            }
        }
        return (length, lastSeq, isFinal)
    }

    private static func contents(of path: String) -> [UInt8] {
        guard let file = OpenFile(path: path, flags: O_RDONLY) else { return [] }
        let size = FileSystem.size(path)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = pread(file.descriptor, buffer.baseAddress! + count, size - count, off_t(count))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                count += got
            }
        }
    }
}
