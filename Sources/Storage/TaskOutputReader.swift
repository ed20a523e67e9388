import Glibc
package import Model

/// Where a reader of a task's output is. A value: whoever reads keeps his own.
package struct OutputPosition: Sendable {
    package let task: TaskID
    /// Number of the next line.
    package fileprivate(set) var seq: UInt64
    /// Where that line is looked for; the offset is 0 while unknown.
    fileprivate var segment: UInt64 = 0
    fileprivate var offset = 0
    /// From the first read on, shared by the copies of a position.
    fileprivate var reading: OutputReading?

    /// `seq`: the first number that is wanted; 1 is the beginning.
    package init(task: TaskID, seq: UInt64 = 1) {
        self.task = task
        self.seq = seq
    }
}

/// Reads the output of tasks while it is being written. Any thread, loops included: a call reads at most `maximumBytes`
/// (128 KiB where one line is longer than that), and one segment of 8 MiB for a task that nobody has touched for long.
/// No lock is held while reading; at most `TaskOutputSettings.openFiles` descriptors are kept.
package final class TaskOutputReader: Sendable {
    private let catalogue: TaskOutputCatalogue
    private let files: FileCache
    private let readers: OutputReaders

    init(catalogue: TaskOutputCatalogue, files: FileCache, readers: OutputReaders) {
        self.catalogue = catalogue
        self.files = files
        self.readers = readers
    }

    /// Numbers that can be read, the final marker included; nil when there are none. Holes may be in between.
    package func available(_ task: TaskID) -> ClosedRange<UInt64>? {
        let state = catalogue.state(of: task)
        guard let first = state.segments.first, first.firstSeq <= state.lastSeq else { return nil }
        return first.firstSeq...state.lastSeq
    }

    /// The highest number that is stored, 0 when there is none, and whether that is the final marker.
    package func stored(_ task: TaskID) -> (lastSeq: UInt64, isFinal: Bool) {
        let state = catalogue.state(of: task)
        return (state.lastSeq, state.isFinal)
    }

    /// The readers that a task had in an earlier life of the process are on their way back: for a few seconds what is
    /// kept of it now is not given up for newer lines, as far as its agent waits for acknowledgements.
    package func expectReaders(of task: TaskID) {
        if let kept = available(task) { readers.expect(task, from: kept.lowerBound) }
    }

    /// What comes next, and moves the position behind it. Throws `unavailable` when the disk does not give it.
    package func read(_ position: inout OutputPosition, maximumBytes: Int) throws(StoreError) -> OutputChunk {
        let state = catalogue.state(of: position.task)
        let wanted = position.seq
        guard let directory = catalogue.path(of: position.task),
            let index = state.index(for: position), state.lastSeq >= wanted
        else {
            return OutputChunk(bytes: [], records: 0..<0, wanted: wanted, isAtEnd: true)
        }
        let segment = state.segments[index]
        if position.segment != segment.firstSeq || position.offset == 0 {
            position.segment = segment.firstSeq
            position.offset = OutputFormat.segmentHeaderSize
        }
        let rest = segment.length - position.offset
        let path = TaskOutputCatalogue.path(of: segment.firstSeq, in: directory)
        let before = position.offset
        var bytes = try bytes(of: path, at: before, count: min(maximumBytes, rest))
        var records = skip(bytes, &position)
        if position.offset == before, maximumBytes < min(Self.largestRecord, rest) {
            bytes = try self.bytes(of: path, at: before, count: min(Self.largestRecord, rest))
            records = skip(bytes, &position)
        }
        // Nothing whole is left here: the end of the segment, or one that has gone or is damaged.
        let isDone = position.offset == before || position.offset >= segment.length
        let hasMoved = isDone && position.leave(state, index)
        let isStuck = records.upperBound == 0 && !hasMoved
        note(records.upperBound, &position)
        return OutputChunk(
            bytes: bytes, records: records, wanted: wanted, isAtEnd: isStuck || position.seq > state.lastSeq)
    }

    private func note(_ bytes: Int, _ position: inout OutputPosition) {
        if position.reading == nil { position.reading = readers.begin(position.task, at: position.seq) }
        position.reading?.note(nextSeq: position.seq, bytes: bytes)
    }

    /// A read of this makes progress whatever comes.
    private static let largestRecord = OutputFormat.recordHeaderSize + OutputFormat.maximumTextLength

    /// Moves behind the whole records in `bytes`. Returns where those from the wanted number on are.
    private func skip(_ bytes: [UInt8], _ position: inout OutputPosition) -> Range<Int> {
        let wanted = position.seq
        var start = 0, end = 0
        bytes.withUnsafeBytes { all in
            while let record = RecordView(UnsafeRawBufferPointer(rebasing: all[end...])) {
                end += record.size
                if record.seq < wanted { start = end } else { position.seq = record.seq &+ 1 }
            }
        }
        position.offset += end
        return start..<end
    }

    private func bytes(of path: String, at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        guard count > 0 else { return [] }
        guard let file = files.file(at: path) else {
            if errno == ENOENT { return [] }  // it has just left the retention
            throw FileSystem.failure(path)
        }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(file.descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { return }
                filled += got
            }
        }
        if failed { throw .unavailable(detail: "\(path): \(String(cString: strerror(errno)))") }
        return bytes
    }
}

extension TaskOutputState {
    /// The segment in which a reader goes on; nil when there is none.
    fileprivate func index(for position: OutputPosition) -> Int? {
        if position.offset > 0, let index = segments.firstIndex(where: { $0.firstSeq == position.segment }) {
            return index
        }
        return segments.lastIndex { $0.firstSeq <= position.seq } ?? (segments.isEmpty ? nil : 0)
    }
}

extension OutputPosition {
    /// On to the next segment; false when there is none.
    fileprivate mutating func leave(_ state: TaskOutputState, _ index: Int) -> Bool {
        guard index + 1 < state.segments.count else { return false }
        segment = state.segments[index + 1].firstSeq
        offset = OutputFormat.segmentHeaderSize
        return true
    }
}
