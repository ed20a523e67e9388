/// The traffic of the network interfaces, from `/proc/net/dev`, without the loopback.
///
/// Interfaces may come and go: a new one has no rates until its second reading. Bridges, tunnels and the interfaces of
/// containers are listed as they are; adding all of them up would count a packet more than once.
package final class NetworkCollector {
    /// Interfaces beyond this many, in the kernel's order, are not reported.
    package static let limit = 512

    private struct Reading {
        var name: String
        var counters: InterfaceCounters
    }

    private let host: HostReadings
    private let file: HostFile
    private var previous: [Reading] = []
    private var current: [Reading] = []
    private var previousAt: UInt64?
    private var samples: [InterfaceSample] = []

    package init(host: HostReadings) {
        self.host = host
        file = HostFile(host.root.path("/proc/net/dev"))
    }

    /// nil when the file cannot be read. Rates cover the time since the sample before, unless that is longer ago than
    /// `staleAfter` nanoseconds.
    package func sample(at now: UInt64, staleAfter: UInt64) -> [InterfaceSample]? {
        let elapsed = previousAt.map { now &- $0 }
        if let elapsed, elapsed < RateWindow.shortest { return samples }
        guard var contents = file.read(into: host.buffer) else { return nil }
        read(&contents)
        samples.removeAll(keepingCapacity: true)
        for (index, reading) in current.enumerated() {
            let earlier = elapsed ?? .max <= staleAfter ? counters(of: reading.name, near: index) : nil
            samples.append(Self.sample(reading, since: earlier, over: elapsed ?? 0))
        }
        swap(&previous, &current)
        previousAt = now
        return samples
    }

    private func read(_ file: inout ByteScanner) {
        current.removeAll(keepingCapacity: true)
        while var line = file.nextLine(), current.count < Self.limit {
            line.skipSpaces()
            // The two lines of headings have no colon.
            guard let name = line.take(upTo: UInt8(ascii: ":")), !name.equals("lo"),
                let counters = InterfaceCounters(parsing: &line)
            else { continue }
            current.append(Reading(name: name.text, counters: counters))
        }
    }

    private func counters(of name: String, near index: Int) -> InterfaceCounters? {
        if index < previous.count, previous[index].name == name { return previous[index].counters }
        return previous.first { $0.name == name }?.counters
    }

    private static func sample(
        _ reading: Reading, since earlier: InterfaceCounters?, over elapsed: UInt64
    ) -> InterfaceSample {
        let now = reading.counters
        var sample = InterfaceSample(
            interface: reading.name, errorsIn: now.errorsIn, errorsOut: now.errorsOut, dropsIn: now.dropsIn,
            dropsOut: now.dropsOut)
        guard let earlier else { return sample }
        sample.bytesSentPerSec = perSecond(growth(from: earlier.bytesOut, to: now.bytesOut), over: elapsed)
        sample.bytesRecvPerSec = perSecond(growth(from: earlier.bytesIn, to: now.bytesIn), over: elapsed)
        sample.packetsSentPerSec = perSecond(growth(from: earlier.packetsOut, to: now.packetsOut), over: elapsed)
        sample.packetsRecvPerSec = perSecond(growth(from: earlier.packetsIn, to: now.packetsIn), over: elapsed)
        return sample
    }
}
