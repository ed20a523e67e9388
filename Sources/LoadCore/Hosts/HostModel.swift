/// A host that is not there: its figures wander as those of a real one do, the same for the same number.
struct HostModel {
    private var mix: NumberMix
    /// Shares of 1, which wander around a home of their own.
    private(set) var cpu: Wandering
    private(set) var memory: Wandering
    private(set) var disk: Wandering
    private(set) var traffic: Wandering
    let cores: Int
    let memoryBytes: UInt64
    let diskBytes: UInt64 = 512 << 30
    private(set) var samples = 0

    /// Stays between 0.01 and 0.99, and goes back home slowly.
    struct Wandering {
        let home: Double
        let step: Double
        private(set) var value: Double

        init(home: Double, step: Double) {
            self.home = home
            self.step = step
            value = home
        }

        mutating func move(_ fraction: Double) {
            value = min(0.99, max(0.01, value + (home - value) * 0.1 + (fraction - 0.5) * 2 * step))
        }
    }

    init(number: Int) {
        mix = NumberMix(seed: UInt64(number) &+ 0x51_7c)
        // Below what the gateway's own rules call high.
        cpu = Wandering(home: 0.10 + 0.45 * mix.fraction(), step: 0.08)
        memory = Wandering(home: 0.30 + 0.40 * mix.fraction(), step: 0.01)
        disk = Wandering(home: 0.20 + 0.50 * mix.fraction(), step: 0.0005)
        traffic = Wandering(home: 0.05 + 0.30 * mix.fraction(), step: 0.10)
        cores = [2, 4, 8, 16][Int(mix.next() % 4)]
        memoryBytes = UInt64(cores * 4) << 30
    }

    /// The time between two samples has passed.
    mutating func move() {
        cpu.move(mix.fraction())
        memory.move(mix.fraction())
        disk.move(mix.fraction())
        traffic.move(mix.fraction())
        samples += 1
    }

    var cpuPercent: Double { Self.percent(cpu.value) }
    var memoryPercent: Double { Self.percent(memory.value) }
    var diskPercent: Double { Self.percent(disk.value) }
    var usedMemory: UInt64 { UInt64(Double(memoryBytes) * memory.value) }
    var usedDisk: UInt64 { UInt64(Double(diskBytes) * disk.value) }
    /// Of a link of 1 Gbit/s.
    var bytesPerSecond: UInt64 { UInt64(125_000_000 * traffic.value) }
    /// Each core has the host's share, give or take.
    var coreUsage: [Double] {
        (0..<cores).map { Self.percent(min(1, cpu.value * (0.8 + 0.4 * Double($0) / Double(cores)))) }
    }
    var load1: Double { (Double(cores) * cpu.value * 100).rounded() / 100 }

    /// One decimal more than people look at.
    private static func percent(_ share: Double) -> Double { (share * 10_000).rounded() / 100 }
}
