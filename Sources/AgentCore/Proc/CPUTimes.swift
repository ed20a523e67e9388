/// Ticks that one core, or all of them, spent in each state since boot: a `cpu` line of `/proc/stat`.
package struct CPUTimes: Equatable, Sendable {
    /// Includes the time of virtual machines (`guest`), which the kernel counts in `user` already.
    package var user: UInt64 = 0
    /// Includes `guest_nice`, likewise.
    package var nice: UInt64 = 0
    package var system: UInt64 = 0
    package var idle: UInt64 = 0
    package var iowait: UInt64 = 0
    package var irq: UInt64 = 0
    package var softirq: UInt64 = 0
    /// Time that the hypervisor gave to somebody else.
    package var steal: UInt64 = 0

    package init() {}

    /// The rest of a `cpu` line, after its name. Kernels too old for the later columns leave them 0; nil when there is
    /// not even `user` to `idle`.
    package init?(parsing line: inout ByteScanner) {
        guard let user = line.nextUInt(), let nice = line.nextUInt(), let system = line.nextUInt(),
            let idle = line.nextUInt()
        else { return nil }
        (self.user, self.nice, self.system, self.idle) = (user, nice, system, idle)
        iowait = line.nextUInt() ?? 0
        irq = line.nextUInt() ?? 0
        softirq = line.nextUInt() ?? 0
        steal = line.nextUInt() ?? 0
    }

    /// What was added in each state since `earlier`. `idle` and `iowait` are known to step back a little: that counts as
    /// nothing.
    package func since(_ earlier: CPUTimes) -> CPUTimes {
        var delta = CPUTimes()
        delta.user = growth(from: earlier.user, to: user)
        delta.nice = growth(from: earlier.nice, to: nice)
        delta.system = growth(from: earlier.system, to: system)
        delta.idle = growth(from: earlier.idle, to: idle)
        delta.iowait = growth(from: earlier.iowait, to: iowait)
        delta.irq = growth(from: earlier.irq, to: irq)
        delta.softirq = growth(from: earlier.softirq, to: softirq)
        delta.steal = growth(from: earlier.steal, to: steal)
        return delta
    }

    var busy: Double {
        Double(user) + Double(nice) + Double(system) + Double(irq) + Double(softirq) + Double(steal)
    }
    var total: Double { busy + Double(idle) + Double(iowait) }
}

/// One reading of the `cpu` lines of `/proc/stat`.
package struct CPUReading: Sendable {
    package var all = CPUTimes()
    /// The cores that are on line, in the order of the file; `number` is the kernel's, and has holes where cores are off.
    package var cores: [(number: UInt32, times: CPUTimes)] = []

    package init() {}

    /// Reads the file's contents into this value, whose storage is used again. False when there is no `cpu` line.
    package mutating func parse(_ file: inout ByteScanner) -> Bool {
        cores.removeAll(keepingCapacity: true)
        var foundTotal = false
        while var line = file.nextLine() {
            guard line.skip("cpu") else {
                if foundTotal { break }  // The cpu lines come first; what follows can be long.
                continue
            }
            if line.first == UInt8(ascii: " ") {
                guard let times = CPUTimes(parsing: &line) else { continue }
                all = times
                foundTotal = true
            } else if let number = line.nextUInt(), let times = CPUTimes(parsing: &line) {
                cores.append((UInt32(clamping: number), times))
            }
        }
        return foundTotal
    }

    /// The earlier times of core `number`, which is usually at `index` here too; zeros for one that was not on line.
    func times(ofCore number: UInt32, near index: Int) -> CPUTimes {
        if index < cores.count, cores[index].number == number { return cores[index].times }
        return cores.first { $0.number == number }?.times ?? CPUTimes()
    }
}
