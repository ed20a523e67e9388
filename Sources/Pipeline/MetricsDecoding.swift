import Model
import Processing
import Wire

// Samples of agents in the terms of the analytics.

extension MetricSample {
    init(_ wire: WireMetrics) {
        self.init(
            values: MetricValues(wire),
            mounts: WireList(wire.n_disks, wire.disks).compactMap { MountUsage($0.pointee) },
            swap: wire.memory.flatMap { Capacity(swapOf: $0.pointee) },
            topProcesses: wire.processes.map { ProcessUsage.list($0.pointee) } ?? [],
            coreCount: wire.cpu.flatMap { $0.pointee.n_core_usage > 0 ? $0.pointee.n_core_usage : nil })
    }
}

extension MetricValues {
    init(_ wire: WireMetrics) {
        self.init()
        if let cpu = wire.cpu?.pointee { take(cpu) }
        if let memory = wire.memory?.pointee { take(memory) }
        if let load = wire.load?.pointee {
            self[.load1] = wireValue(load.has_load1, load.load1)
            self[.load5] = wireValue(load.has_load5, load.load5)
            self[.load15] = wireValue(load.has_load15, load.load15)
        }
        take(WireList(wire.n_disks, wire.disks))
        take(WireList(wire.n_network_interfaces, wire.network_interfaces))
        if let processes = wire.processes?.pointee { take(processes) }
    }

    private mutating func take(_ cpu: WireCPUMetrics) {
        self[.cpuUsage] = wireValue(cpu.has_usage_percent, cpu.usage_percent)
        self[.cpuUser] = wireValue(cpu.has_user_percent, cpu.user_percent)
        self[.cpuSystem] = wireValue(cpu.has_system_percent, cpu.system_percent)
        self[.cpuIdle] = wireValue(cpu.has_idle_percent, cpu.idle_percent)
        self[.cpuIOWait] = wireValue(cpu.has_iowait_percent, cpu.iowait_percent)
        self[.cpuTemperature] = wireValue(cpu.has_temperature_celsius, cpu.temperature_celsius)
    }

    private mutating func take(_ memory: WireMemoryMetrics) {
        self[.memoryUsage] = wireValue(memory.has_usage_percent, memory.usage_percent)
        self[.memoryTotal] = wireValue(memory.has_total_bytes, memory.total_bytes).map { Double($0) }
        self[.memoryUsed] = wireValue(memory.has_used_bytes, memory.used_bytes).map { Double($0) }
        self[.memoryAvailable] = wireValue(memory.has_available_bytes, memory.available_bytes).map { Double($0) }
        self[.swapUsage] = wireValue(memory.has_swap_usage_percent, memory.swap_usage_percent)
    }

    /// The fullest file system, and the traffic of all devices. A device that is mounted twice is counted once.
    private mutating func take(_ disks: WireList<WireDiskMetrics>) {
        var fullest: Double?
        var read: Double?
        var written: Double?
        for (index, disk) in disks.enumerated() {
            let disk = disk.pointee
            if let usage = wireValue(disk.has_usage_percent, disk.usage_percent) { fullest = max(fullest ?? 0, usage) }
            let isRepeated = disks.prefix(index).contains {
                $0.pointee.device.rawBytes.elementsEqual(disk.device.rawBytes)
            }
            guard !isRepeated else { continue }
            Self.add(wireValue(disk.has_read_bytes_per_sec, disk.read_bytes_per_sec), to: &read)
            Self.add(wireValue(disk.has_write_bytes_per_sec, disk.write_bytes_per_sec), to: &written)
        }
        self[.diskUsage] = fullest
        self[.diskRead] = read
        self[.diskWrite] = written
    }

    /// What goes over the network: not what a host says to itself.
    private mutating func take(_ interfaces: WireList<WireNetworkMetrics>) {
        var sent: Double?
        var received: Double?
        for interface in interfaces where !interface.pointee.interface.rawBytes.elementsEqual("lo".utf8) {
            let interface = interface.pointee
            Self.add(wireValue(interface.has_bytes_sent_per_sec, interface.bytes_sent_per_sec), to: &sent)
            Self.add(wireValue(interface.has_bytes_recv_per_sec, interface.bytes_recv_per_sec), to: &received)
        }
        self[.networkSent] = sent
        self[.networkReceived] = received
    }

    private mutating func take(_ processes: WireProcessMetrics) {
        self[.processesTotal] = wireValue(processes.has_total_processes, processes.total_processes).map { Double($0) }
        self[.processesRunning] =
            wireValue(processes.has_running_processes, processes.running_processes).map { Double($0) }
        self[.processesSleeping] =
            wireValue(processes.has_sleeping_processes, processes.sleeping_processes).map { Double($0) }
        self[.processesZombie] =
            wireValue(processes.has_zombie_processes, processes.zombie_processes).map { Double($0) }
    }

    private static func add(_ value: UInt64?, to sum: inout Double?) {
        if let value { sum = (sum ?? 0) + Double(value) }
    }
}

extension MountUsage {
    fileprivate init?(_ disk: WireDiskMetrics) {
        guard let used = wireValue(disk.has_used_bytes, disk.used_bytes) else { return nil }
        guard let available = wireValue(disk.has_available_bytes, disk.available_bytes) else { return nil }
        self.init(
            path: String(wire: disk.mount_point),
            capacity: Capacity(usedBytes: Double(used), totalBytes: Double(used) + Double(available)))
    }
}

extension Capacity {
    fileprivate init?(swapOf memory: WireMemoryMetrics) {
        guard let total = wireValue(memory.has_swap_total_bytes, memory.swap_total_bytes) else { return nil }
        guard let used = wireValue(memory.has_swap_used_bytes, memory.swap_used_bytes) else { return nil }
        self.init(usedBytes: Double(used), totalBytes: Double(total))
    }
}

extension ProcessUsage {
    fileprivate static func list(_ processes: WireProcessMetrics) -> [ProcessUsage] {
        WireList(processes.n_top, processes.top).map { process in
            let process = process.pointee
            return ProcessUsage(
                pid: process.pid, name: String(wire: process.name),
                cpuPercent: wireValue(process.has_cpu_percent, process.cpu_percent) ?? 0,
                memoryBytes: Double(wireValue(process.has_memory_bytes, process.memory_bytes) ?? 0))
        }
    }
}
