/// One line of `/proc/self/mountinfo`.
package struct MountLine {
    var device: DeviceNumber
    /// What of the filesystem is mounted here: `/` for all of it, else a bind mount or a subvolume.
    var root: ByteScanner
    var mountPoint: ByteScanner
    var filesystem: ByteScanner
    var source: ByteScanner

    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`; nil when a field is missing.
    init?(parsing line: inout ByteScanner) {
        line.skipWords(2)
        guard let major = line.nextUInt(), line.skip(":"), let minor = line.nextUInt() else { return nil }
        device = DeviceNumber(major: UInt32(clamping: major), minor: UInt32(clamping: minor))
        guard let root = line.nextWord(), let mountPoint = line.nextWord(), line.nextWord() != nil else { return nil }
        while let field = line.nextWord() {
            if field.equals("-") { break }
        }
        guard let filesystem = line.nextWord(), let source = line.nextWord() else { return nil }
        self.root = root
        self.mountPoint = mountPoint
        self.filesystem = filesystem
        self.source = source
    }

    /// Whether people would call it a disk: there is a block device behind it, or a filesystem that manages disks itself,
    /// or it is the root. Images that are always full (snaps, CDs) are not of interest, and network filesystems are left
    /// out because asking a dead server for its size blocks for ever: they have no block device, so the one test does it.
    var isDisk: Bool {
        if mountPoint.equals("/") { return true }
        if filesystem.equals("squashfs") || filesystem.equals("iso9660") || filesystem.equals("erofs") { return false }
        if !device.isAnonymous { return true }
        return filesystem.equals("btrfs") || filesystem.equals("zfs") || filesystem.equals("bcachefs")
            || filesystem.equals("ubifs")
    }

    /// The bytes of a field, in which the kernel writes spaces, tabs, line breaks and backslashes as `\040`.
    static func unescaped(_ field: ByteScanner) -> [UInt8] {
        let bytes = field.remaining
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var i = 0
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "\\"), i + 3 < bytes.count, let byte = octal(bytes[(i + 1)...(i + 3)]) {
                result.append(byte)
                i += 4
            } else {
                result.append(bytes[i])
                i += 1
            }
        }
        return result
    }

    private static func octal(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8? {
        var value: UInt16 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            value = value * 8 + UInt16(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: value)
    }
}
