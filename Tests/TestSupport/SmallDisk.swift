import Glibc

/// A file system of its own that a test can fill.
package final class SmallDisk {
    private struct NotAllowed: Error {}

    package let path: String
    private let directory: TemporaryDirectory

    /// It needs the right to mount.
    package static let isPossible = (try? SmallDisk(kibibytes: 64)) != nil

    package init(kibibytes: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.path
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else { throw NotAllowed() }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    package func fill() {
        let descriptor = open("\(path)/filler", O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4_096)
        while write(descriptor, block, block.count) > 0 {}
    }

    package func empty() { unlink("\(path)/filler") }
}
