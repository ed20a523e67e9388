/// What a network interface has done since it appeared: a line of `/proc/net/dev`.
struct InterfaceCounters: Sendable {
    var bytesIn: UInt64
    var packetsIn: UInt64
    var errorsIn: UInt64
    var dropsIn: UInt64
    var bytesOut: UInt64
    var packetsOut: UInt64
    var errorsOut: UInt64
    var dropsOut: UInt64

    /// What follows the name: `217553215 4028 0 0 0 0 0 0 194005 2498 0 0 0 0 0 0`; nil when a column is missing.
    init?(parsing line: inout ByteScanner) {
        guard let bytesIn = line.nextUInt(), let packetsIn = line.nextUInt(), let errorsIn = line.nextUInt(),
            let dropsIn = line.nextUInt(), line.nextUInt() != nil, line.nextUInt() != nil, line.nextUInt() != nil,
            line.nextUInt() != nil, let bytesOut = line.nextUInt(), let packetsOut = line.nextUInt(),
            let errorsOut = line.nextUInt(), let dropsOut = line.nextUInt()
        else { return nil }
        (self.bytesIn, self.packetsIn, self.errorsIn, self.dropsIn) = (bytesIn, packetsIn, errorsIn, dropsIn)
        (self.bytesOut, self.packetsOut, self.errorsOut, self.dropsOut) = (bytesOut, packetsOut, errorsOut, dropsOut)
    }
}
