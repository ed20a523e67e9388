/// Finds the filesystems to report among all mounts, in their order.
struct MountTable {
    struct Entry {
        var device: DeviceNumber
        var isWhole: Bool
        var mountPoint: [UInt8]
        var filesystem: String
        var source: String
    }

    private(set) var mounts: [Entry] = []

    /// Mounts are added in the kernel's order: what is mounted later on the same place hides what was there.
    mutating func add(_ line: MountLine) {
        let mountPoint = MountLine.unescaped(line.mountPoint)
        mounts.removeAll { $0.mountPoint == mountPoint }
        guard line.isDisk else { return }
        let entry = Entry(
            device: line.device, isWhole: line.root.equals("/"), mountPoint: mountPoint,
            filesystem: line.filesystem.text,
            source: String(decoding: MountLine.unescaped(line.source), as: UTF8.self))
        guard let known = mounts.firstIndex(where: { $0.device == entry.device }) else {
            mounts.append(entry)
            return
        }
        if entry.isWhole && !mounts[known].isWhole { mounts[known] = entry }
    }
}
