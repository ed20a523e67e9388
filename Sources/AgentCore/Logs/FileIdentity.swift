import Glibc

/// Which file it is, whatever it is called.
struct FileIdentity: Hashable {
    var device: UInt64
    var inode: UInt64

    init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) { self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) }

    /// Of the regular file at that path; nil where there is none.
    init?(path: String) {
        guard let file = FoundFile(path: path) else { return nil }
        self = file.identity
    }
}

/// The beginning of a file, to tell it from another one that has got its inode or has replaced its content.
struct FileFingerprint: Equatable {
    static let maximum = 256

    /// Bytes that it was made of: all there were, up to `maximum`.
    var length: Int
    var hash: UInt64

    static let empty = FileFingerprint(length: 0, hash: FileFingerprint.hash([]))

    /// Of the first `length` bytes; of fewer where the file is shorter. Nil when it cannot be read.
    init?(descriptor: Int32, length: Int = maximum) {
        var bytes = [UInt8](repeating: 0, count: min(max(length, 0), Self.maximum))
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { return nil }
        self.init(length: count, hash: Self.hash(bytes[..<count]))
    }

    init(length: Int, hash: UInt64) {
        self.length = length
        self.hash = hash
    }

    /// Does the file still begin like this?
    func matches(descriptor: Int32) -> Bool {
        FileFingerprint(descriptor: descriptor, length: length) == self
    }

    /// FNV-1a.
    private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
