import Glibc

/// The mounted filesystems with a disk behind them: how full they are and what their device does.
///
/// - Which mounts count: see `MountLine.isDisk`. A filesystem that is mounted several times (bind mounts, subvolumes) is
///   listed once, where all of it is mounted, else where it was mounted first. Network filesystems are not listed.
/// - Sizes are `df`'s: `used` is total less free; `usage_percent` is of what ordinary users can use (used + available),
///   which leaves out the blocks kept for root.
/// - Rates are those of the device that the filesystem is on (a partition, a volume), matched by device number; nil
///   until there are two readings, and where the filesystem has no single block device (overlay, ZFS).
/// - Filesystems of this kind answer `statvfs` from memory; it is called for all of them in every sample.
package final class DiskCollector {
    /// Mounts beyond this many, in the order of the kernel's list, are not reported.
    package static let limit = 128

    private let host: HostReadings
    private let mountsFile: HostFile
    private let countersFile: HostFile
    private var mounts: [Mount] = []
    private var previousAt: UInt64?
    private var samples: [DiskSample] = []

    package init(host: HostReadings) {
        self.host = host
        mountsFile = HostFile(host.root.path("/proc/self/mountinfo"))
        countersFile = HostFile(host.root.path("/proc/diskstats"))
    }

    /// The disks in the order in which they were mounted. nil when the mounts cannot be read. Rates cover the time since
    /// the sample before, unless that is longer ago than `staleAfter` nanoseconds.
    package func sample(at now: UInt64, staleAfter: UInt64) -> [DiskSample]? {
        guard readMounts() else { return nil }
        let elapsed = previousAt.map { now &- $0 }
        if elapsed ?? .max >= RateWindow.shortest {
            readCounters(over: elapsed.flatMap { $0 <= staleAfter ? $0 : nil })
            previousAt = now
        }
        samples.removeAll(keepingCapacity: true)
        for mount in mounts { samples.append(mount.sample()) }
        return samples
    }

    /// The filesystems with the number of the device each is on; reads no counters. nil when the mounts cannot be read.
    func filesystems() -> [(sample: DiskSample, device: DeviceNumber)]? {
        guard readMounts() else { return nil }
        return mounts.map { ($0.sample(), $0.counted) }
    }

    /// Reads the mounts only when they may have changed: on a host full of containers the list is long.
    private func readMounts() -> Bool {
        guard mountsFile.mayHaveChanged() else { return true }
        guard var contents = mountsFile.read(into: host.buffer) else { return false }
        var table = MountTable()
        while var line = contents.nextLine() {
            if let mount = MountLine(parsing: &line) { table.add(mount) }
        }
        let earlier = mounts
        mounts = table.mounts.prefix(Self.limit).map { entry in
            var mount = Mount(entry, root: host.root)
            if let same = earlier.first(where: { $0.counted == mount.counted }) { mount.takeCounters(of: same) }
            return mount
        }
        return true
    }

    private func readCounters(over elapsed: UInt64?) {
        guard var contents = countersFile.read(into: host.buffer) else { return }
        for index in mounts.indices { mounts[index].rates = nil }
        while var line = contents.nextLine() {
            guard let counters = DiskCounters(parsing: &line) else { continue }
            for index in mounts.indices where mounts[index].counted == counters.device {
                mounts[index].update(counters, over: elapsed)
            }
        }
    }
}

/// A filesystem that is reported, with the counters of its device at the last reading.
private struct Mount {
    /// For the kernel: byte for byte what it wrote, which need not be UTF-8, and a zero.
    private let path: [CChar]
    private let blank: DiskSample
    /// The device whose counters are this filesystem's.
    let counted: DeviceNumber
    private var counters: DiskCounters?
    var rates: DiskRates?

    init(_ entry: MountTable.Entry, root: HostRoot) {
        let mountPoint = String(decoding: entry.mountPoint, as: UTF8.self)
        path = root.path("").utf8CString.dropLast() + entry.mountPoint.map { CChar(bitPattern: $0) } + [0]
        blank = DiskSample(device: entry.source, mountPoint: mountPoint, filesystem: entry.filesystem)
        counted = entry.device.isAnonymous ? Self.device(root.path(entry.source)) ?? entry.device : entry.device
    }

    /// btrfs gives its mounts invented numbers; the device they name has the real one.
    private static func device(_ path: String) -> DeviceNumber? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return nil }
        return DeviceNumber(UInt64(status.st_rdev))
    }

    /// What was known of the device goes on when the mounts have changed.
    mutating func takeCounters(of earlier: Mount) {
        counters = earlier.counters
        rates = earlier.rates
    }

    mutating func update(_ new: DiskCounters, over elapsed: UInt64?) {
        if let counters, let elapsed { rates = DiskRates(from: counters, to: new, over: elapsed) }
        counters = new
    }

    func sample() -> DiskSample {
        var sample = blank
        fillSizes(&sample)
        guard let rates else { return sample }
        sample.readBytesPerSec = rates.readBytes
        sample.writeBytesPerSec = rates.writeBytes
        sample.readOpsPerSec = rates.reads
        sample.writeOpsPerSec = rates.writes
        sample.ioUtilPercent = rates.utilPercent
        return sample
    }

    private func fillSizes(_ sample: inout DiskSample) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return }
        let unit = UInt64(status.f_frsize)
        let total = UInt64(status.f_blocks) &* unit
        let used = growth(from: UInt64(status.f_bfree), to: UInt64(status.f_blocks)) &* unit
        let available = UInt64(status.f_bavail) &* unit
        sample.totalBytes = total
        sample.usedBytes = used
        sample.availableBytes = available
        sample.usagePercent = percent(Double(used), of: Double(used) + Double(available))
    }
}

private struct DiskRates {
    var readBytes: UInt64
    var writeBytes: UInt64
    var reads: UInt64
    var writes: UInt64
    var utilPercent: Double?

    init(from a: DiskCounters, to b: DiskCounters, over elapsed: UInt64) {
        let sector = DiskCounters.sectorBytes
        readBytes = perSecond(growth(from: a.sectorsRead, to: b.sectorsRead), over: elapsed, times: sector)
        writeBytes = perSecond(growth(from: a.sectorsWritten, to: b.sectorsWritten), over: elapsed, times: sector)
        reads = perSecond(growth(from: a.reads, to: b.reads), over: elapsed)
        writes = perSecond(growth(from: a.writes, to: b.writes), over: elapsed)
        let busy = Double(growth(from: a.busyMilliseconds, to: b.busyMilliseconds))
        utilPercent = percent(busy * 1e6, of: Double(elapsed))
    }
}
