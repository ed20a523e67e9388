import Glibc
import Model
import Synchronization

/// Writes the segments. Only on the log's queue.
final class TaskOutputFiles: Sendable {
    private let catalogue: TaskOutputCatalogue
    private let settings: TaskOutputSettings
    private let writing: FileCache
    /// The readers' descriptors, to let go of those of files that are removed.
    private let reading: FileCache
    private let readers: OutputReaders
    private let counters = Mutex(TaskOutputCounters())

    init(
        catalogue: TaskOutputCatalogue, reading: FileCache, readers: OutputReaders, settings: TaskOutputSettings
    ) {
        self.catalogue = catalogue
        self.reading = reading
        self.readers = readers
        self.settings = settings
        writing = FileCache(capacity: settings.openFiles, flags: O_RDWR | O_CREAT)
    }

    /// What was counted since the last call.
    func takeCounters() -> TaskOutputCounters {
        counters.withLock { counters in
            defer { counters = TaskOutputCounters() }
            return counters
        }
    }

    /// Returns the highest number that is stored then. What fails leaves whole records only; calling it again with the
    /// same batches goes on where it stopped. `unavailable` concerns the disk, everything else this task.
    func append(_ batches: [OutputBatch], to task: TaskID) throws(StoreError) -> UInt64 {
        guard let directory = catalogue.path(of: task) else {
            throw .invalid(detail: "\(task) is no name for a task")
        }
        var files = OpenTask(task: task, directory: directory, state: catalogue.state(of: task))
        for batch in batches where !files.isFinal {
            guard let (bytes, firstSeq) = batch.records(after: files.lastSeq) else { continue }
            if files.needsSegment(settings) {
                try flush(&files)
                try beginSegment(firstSeq, &files)
            }
            files.take(bytes, of: batch)
        }
        try flush(&files)
        return files.state.lastSeq
    }

    /// Whether what an agent may send before an acknowledgement would take away segments that a fast reader has still
    /// to read.
    func wouldOutrunReader(_ task: TaskID) -> Bool {
        let state = catalogue.state(of: task)
        guard !state.isFinal, let last = state.segments.last else { return false }
        let free = (settings.segmentCount - state.segments.count) * settings.segmentBytes
        let excess = last.length + Self.unacknowledgedBytes - settings.segmentBytes - free
        guard excess > 0 else { return false }
        let lost = (excess + settings.segmentBytes - 1) / settings.segmentBytes
        return readers.isAwaited(task, before: state.segments[min(lost, state.segments.count - 1)].firstSeq)
    }

    /// An agent's window of 2 MiB in this form, even when its lines are empty.
    static let unacknowledgedBytes = 4 << 20

    func remove(_ task: TaskID) {
        guard let directory = catalogue.path(of: task) else { return }
        writing.forgetAll(under: directory)
        FileSystem.removeDirectory(directory)
        catalogue.forget(task)
        readers.forget(task)
        reading.forgetAll(under: directory)
    }

    private func beginSegment(_ firstSeq: UInt64, _ files: inout OpenTask) throws(StoreError) {
        if files.state.segments.isEmpty, mkdir(files.directory, 0o700) != 0, errno != EEXIST {
            throw Self.failure(files.directory)
        }
        while files.state.segments.count >= settings.segmentCount { dropOldest(&files) }
        files.state.segments.append(.init(firstSeq: firstSeq, length: 0))
        files.pending = OutputFormat.segmentHeader(firstSeq: firstSeq)
    }

    private func dropOldest(_ files: inout OpenTask) {
        let path = TaskOutputCatalogue.path(of: files.state.segments.removeFirst().firstSeq, in: files.directory)
        catalogue.publish(files.state, of: files.task)
        unlink(path)
        writing.forget(path)
        reading.forget(path)
        counters.withLock { $0.segmentsDropped += 1 }
    }

    /// Writes what is pending, then tells the readers of it.
    private func flush(_ files: inout OpenTask) throws(StoreError) {
        guard !files.pending.isEmpty, let segment = files.state.segments.last else { return }
        let path = TaskOutputCatalogue.path(of: segment.firstSeq, in: files.directory)
        try write(files.pending, to: path, at: segment.length)
        counters.withLock { counters in
            counters.records += UInt64(files.pendingRecords)
            counters.bytes += UInt64(files.pending.count)
            counters.writes += 1
        }
        files.pendingIsWritten()
        catalogue.publish(files.state, of: files.task)
        guard files.state.isFinal else { return }
        writing.forget(path)
        readers.forget(files.task)
    }

    private func write(_ bytes: [UInt8], to path: String, at offset: Int) throws(StoreError) {
        guard let file = writing.file(at: path) else { throw Self.failure(path) }
        // A torn record that an earlier life left behind must not follow what is written now.
        var status = stat()
        if fstat(file.descriptor, &status) == 0, Int(status.st_size) > offset {
            ftruncate(file.descriptor, off_t(offset))
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                pwrite(file.descriptor, all.baseAddress! + written, all.count - written, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = Self.failure(path)
                ftruncate(file.descriptor, off_t(offset))
                throw error
            }
            written += count
        }
    }

    /// What `errno` says, and whether it is the disk's fault.
    private static func failure(_ path: String) -> StoreError {
        let detail = "\(path): \(String(cString: strerror(errno)))"
        return switch errno {
        case ENOSPC, EDQUOT, EFBIG, EIO, EROFS, EMFILE, ENFILE, ENOMEM, 0: .unavailable(detail: detail)
        default: .cannotOpen(file: path, detail: String(cString: strerror(errno)))
        }
    }
}

/// A task while its batches are being written.
private struct OpenTask {
    let task: TaskID
    let directory: String
    /// What is in the files; `pending` is not.
    var state: TaskOutputState
    var pending: [UInt8] = []
    var pendingRecords = 0
    /// Including what is pending.
    var lastSeq: UInt64
    var isFinal: Bool

    init(task: TaskID, directory: String, state: TaskOutputState) {
        self.task = task
        self.directory = directory
        self.state = state
        lastSeq = state.lastSeq
        isFinal = state.isFinal
    }

    func needsSegment(_ settings: TaskOutputSettings) -> Bool {
        guard let last = state.segments.last else { return true }
        return last.length + pending.count >= settings.segmentBytes
    }

    mutating func take(_ bytes: ArraySlice<UInt8>, of batch: OutputBatch) {
        pending += bytes
        pendingRecords += batch.count
        lastSeq = batch.lastSeq
        isFinal = batch.hasFinal
    }

    mutating func pendingIsWritten() {
        state.segments[state.segments.count - 1].length += pending.count
        state.lastSeq = lastSeq
        state.isFinal = isFinal
        pending = []
        pendingRecords = 0
    }
}
