import Wire

/// The samples of a host that is not there, of the size that a real agent's are.
extension HostModel {
    static let programs = [
        "postgres", "nginx", "java", "node", "redis-server", "dockerd", "containerd", "python3", "systemd-journal",
        "sshd",
    ]

    func metrics(in arena: WireArena) -> UnsafeMutablePointer<WireMetrics> {
        arena.make { message in
            wireSet(&message.has_timestamp, &message.timestamp, MonotonicTime.unixNanoseconds / 1_000_000_000)
            message.cpu = cpuMessage(in: arena)
            message.memory = memoryMessage(in: arena)
            message.n_disks = 2
            message.disks = arena.makeList(count: 2) { fill(&$1, number: $0, arena) }
            message.n_network_interfaces = 1
            message.network_interfaces = arena.makeList(count: 1) { fill(&$1, arena) }
            message.processes = processes(in: arena)
            message.load = loadMessage(in: arena)
        }
    }

    func health(in arena: WireArena) -> UnsafeMutablePointer<WireHealthCheck> {
        arena.make { message in
            wireSet(&message.has_timestamp, &message.timestamp, MonotonicTime.unixNanoseconds / 1_000_000_000)
            wireSet(&message.has_cpu_usage_percent, &message.cpu_usage_percent, cpuPercent)
            wireSet(&message.has_memory_usage_percent, &message.memory_usage_percent, memoryPercent)
            wireSet(&message.has_disk_usage_percent, &message.disk_usage_percent, diskPercent)
            wireSet(&message.has_disk_mount_point, &message.disk_mount_point, arena.copyBytes("/"))
            wireSet(&message.has_swap_usage_percent, &message.swap_usage_percent, 0)
            message.load = loadMessage(in: arena)
            wireSet(&message.has_core_count, &message.core_count, UInt32(cores))
            wireSet(&message.has_uptime_seconds, &message.uptime_seconds, UInt64(86_400 + samples))
        }
    }

    // MARK: - Parts

    private func cpuMessage(in arena: WireArena) -> UnsafeMutablePointer<WireCPUMetrics> {
        arena.make { message in
            wireSet(&message.has_usage_percent, &message.usage_percent, cpuPercent)
            wireSet(&message.has_user_percent, &message.user_percent, cpuPercent * 0.75)
            wireSet(&message.has_system_percent, &message.system_percent, cpuPercent * 0.25)
            wireSet(&message.has_idle_percent, &message.idle_percent, 100 - cpuPercent)
            wireSet(&message.has_iowait_percent, &message.iowait_percent, 0.4)
            message.n_core_usage = cores
            message.core_usage = arena.copyScalars(coreUsage)
        }
    }

    private func memoryMessage(in arena: WireArena) -> UnsafeMutablePointer<WireMemoryMetrics> {
        let available = memoryBytes - usedMemory
        return arena.make { message in
            wireSet(&message.has_total_bytes, &message.total_bytes, memoryBytes)
            wireSet(&message.has_used_bytes, &message.used_bytes, usedMemory)
            wireSet(&message.has_available_bytes, &message.available_bytes, available)
            wireSet(&message.has_free_bytes, &message.free_bytes, available / 4)
            wireSet(&message.has_cached_bytes, &message.cached_bytes, available / 2)
            wireSet(&message.has_buffers_bytes, &message.buffers_bytes, available / 8)
            wireSet(&message.has_usage_percent, &message.usage_percent, memoryPercent)
            wireSet(&message.has_swap_total_bytes, &message.swap_total_bytes, 0)
            wireSet(&message.has_swap_used_bytes, &message.swap_used_bytes, 0)
            wireSet(&message.has_swap_free_bytes, &message.swap_free_bytes, 0)
        }
    }

    private func fill(_ disk: inout WireDiskMetrics, number: Int, _ arena: WireArena) {
        wireSet(&disk.has_device, &disk.device, arena.copyBytes("/dev/nvme0n1p\(number + 1)"))
        wireSet(&disk.has_mount_point, &disk.mount_point, arena.copyBytes(number == 0 ? "/" : "/var/lib/docker"))
        wireSet(&disk.has_filesystem, &disk.filesystem, arena.copyBytes("ext4"))
        wireSet(&disk.has_total_bytes, &disk.total_bytes, diskBytes)
        wireSet(&disk.has_used_bytes, &disk.used_bytes, usedDisk)
        wireSet(&disk.has_available_bytes, &disk.available_bytes, diskBytes - usedDisk)
        wireSet(&disk.has_usage_percent, &disk.usage_percent, diskPercent)
        wireSet(&disk.has_read_bytes_per_sec, &disk.read_bytes_per_sec, bytesPerSecond / 10)
        wireSet(&disk.has_write_bytes_per_sec, &disk.write_bytes_per_sec, bytesPerSecond / 5)
        wireSet(&disk.has_read_ops_per_sec, &disk.read_ops_per_sec, bytesPerSecond / 100_000)
        wireSet(&disk.has_write_ops_per_sec, &disk.write_ops_per_sec, bytesPerSecond / 50_000)
        wireSet(&disk.has_io_util_percent, &disk.io_util_percent, cpuPercent / 4)
    }

    private func fill(_ interface: inout WireNetworkMetrics, _ arena: WireArena) {
        wireSet(&interface.has_interface, &interface.interface, arena.copyBytes("eth0"))
        wireSet(&interface.has_bytes_sent_per_sec, &interface.bytes_sent_per_sec, bytesPerSecond)
        wireSet(&interface.has_bytes_recv_per_sec, &interface.bytes_recv_per_sec, bytesPerSecond / 2)
        wireSet(&interface.has_packets_sent_per_sec, &interface.packets_sent_per_sec, bytesPerSecond / 1_200)
        wireSet(&interface.has_packets_recv_per_sec, &interface.packets_recv_per_sec, bytesPerSecond / 2_400)
        wireSet(&interface.has_errors_in, &interface.errors_in, 0)
        wireSet(&interface.has_errors_out, &interface.errors_out, 0)
        wireSet(&interface.has_drops_in, &interface.drops_in, 0)
        wireSet(&interface.has_drops_out, &interface.drops_out, 0)
    }

    private func processes(in arena: WireArena) -> UnsafeMutablePointer<WireProcessMetrics> {
        arena.make { message in
            wireSet(&message.has_total_processes, &message.total_processes, UInt32(150 + samples % 40))
            wireSet(&message.has_running_processes, &message.running_processes, 2)
            wireSet(&message.has_sleeping_processes, &message.sleeping_processes, UInt32(148 + samples % 40))
            wireSet(&message.has_zombie_processes, &message.zombie_processes, 0)
            message.n_top = Self.programs.count
            message.top = arena.makeList(count: Self.programs.count) { index, process in
                wireSet(&process.has_pid, &process.pid, UInt32(500 + 37 * index))
                wireSet(&process.has_name, &process.name, arena.copyBytes(Self.programs[index]))
                wireSet(&process.has_cpu_percent, &process.cpu_percent, cpuPercent / Double(2 << index))
                wireSet(&process.has_memory_bytes, &process.memory_bytes, usedMemory / UInt64(2 << index))
                wireSet(&process.has_threads, &process.threads, UInt32(4 + index))
            }
        }
    }

    private func loadMessage(in arena: WireArena) -> UnsafeMutablePointer<WireLoad> {
        arena.make { message in
            wireSet(&message.has_load1, &message.load1, load1)
            wireSet(&message.has_load5, &message.load5, load1 * 0.9)
            wireSet(&message.has_load15, &message.load15, load1 * 0.8)
        }
    }
}
