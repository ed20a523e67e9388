import Glibc
import Model

/// One log file that is being read, by an open descriptor: it can be renamed or deleted, and is still the same.
/// Loop's thread only.
final class FollowedFile {
    /// Counts the files that were ever followed. A file that was truncated goes on under another number.
    private(set) var id: UInt64
    /// Where it was found.
    let path: String
    let identity: FileIdentity
    let descriptor: Int32
    private(set) var fingerprint: FileFingerprint
    /// Up to here it has been made into items.
    var offset: Int64
    /// The last item ended where there was no line break, because none came.
    var endsOpen = false
    /// Since when there is a line without an end after `offset`.
    var openSince: MonotonicTime?
    /// There may be something after `offset`.
    var isDirty = true
    /// No pattern matches it any more: since then, or since it last grew.
    var retiredAt: MonotonicTime?
    /// Of inotify; nil where it cannot be watched.
    var watch: Int32?

    /// - Parameter offset: nil: at the end of the file as it is now.
    /// Nil when it cannot be opened, or is another file by now.
    init?(id: UInt64, path: String, found: String? = nil, identity: FileIdentity, offset: Int64?) {
        let descriptor = open(found ?? path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileIdentity(status) == identity else {
            close(descriptor)
            return nil
        }
        self.id = id
        self.path = path
        self.identity = identity
        self.descriptor = descriptor
        fingerprint = FileFingerprint(descriptor: descriptor) ?? .empty
        self.offset = offset ?? Int64(status.st_size)
        endsOpen = !isAtLineStart
    }

    deinit { close(descriptor) }

    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : offset
    }

    /// It has not been deleted, wherever it is.
    var hasName: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    /// It has been emptied, or written anew, since it was last read.
    var wasReplaced: Bool { size < offset || !fingerprint.matches(descriptor: descriptor) }

    /// Begins anew, as another file.
    func restart(as id: UInt64) {
        self.id = id
        offset = 0
        endsOpen = false
        openSince = nil
        fingerprint = FileFingerprint(descriptor: descriptor) ?? .empty
    }

    /// Returns whether the fingerprint has become longer with the file.
    func updateFingerprint() -> Bool {
        guard fingerprint.length < FileFingerprint.maximum, let new = FileFingerprint(descriptor: descriptor),
            new.length > fingerprint.length
        else { return false }
        fingerprint = new
        return true
    }

    /// Bytes from `offset` on into `buffer`; how many.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        max(0, pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)))
    }

    private var isAtLineStart: Bool {
        guard offset > 0 else { return true }
        var byte: UInt8 = 0
        return pread(descriptor, &byte, 1, off_t(offset - 1)) != 1 || byte == UInt8(ascii: "\n")
    }
}
