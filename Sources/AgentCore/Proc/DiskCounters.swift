/// What a block device has done since boot: a line of `/proc/diskstats`.
struct DiskCounters: Sendable {
    var device: DeviceNumber
    var reads: UInt64
    var sectorsRead: UInt64
    var writes: UInt64
    var sectorsWritten: UInt64
    /// Milliseconds in which at least one request was under way.
    var busyMilliseconds: UInt64

    /// A sector of this file is always this long, whatever the device's own are.
    static let sectorBytes: UInt64 = 512

    /// ` 254 0 vda 28896 6892 2678386 6447 27051 7620 2636992 12069 0 5996 19153 …`; nil when a column is missing.
    init?(parsing line: inout ByteScanner) {
        guard let major = line.nextUInt(), let minor = line.nextUInt(), line.nextWord() != nil,
            let reads = line.nextUInt(), line.nextUInt() != nil, let sectorsRead = line.nextUInt(),
            line.nextUInt() != nil, let writes = line.nextUInt(), line.nextUInt() != nil,
            let sectorsWritten = line.nextUInt(), line.nextUInt() != nil, line.nextUInt() != nil,
            let busyMilliseconds = line.nextUInt()
        else { return nil }
        device = DeviceNumber(major: UInt32(clamping: major), minor: UInt32(clamping: minor))
        self.reads = reads
        self.sectorsRead = sectorsRead
        self.writes = writes
        self.sectorsWritten = sectorsWritten
        self.busyMilliseconds = busyMilliseconds
    }
}
