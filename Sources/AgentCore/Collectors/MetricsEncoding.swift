package import Wire

// The samples as messages of the protocol. What is nil is left out. The messages live in the arena they are made in.

extension MetricsSample {
    /// The payload of one `StreamData` of the stream `metrics`.
    package func message(in arena: WireArena) -> UnsafeMutablePointer<WireMetrics> {
        arena.make { message in
            wireSet(&message.has_timestamp, &message.timestamp, UInt64(max(0, timestamp)))
            message.cpu = cpu?.message(in: arena)
            message.memory = memory?.message(in: arena)
            if let disks {
                message.n_disks = disks.count
                message.disks = arena.makeList(count: disks.count) { disks[$0].fill(&$1, arena) }
            }
            if let networkInterfaces {
                message.n_network_interfaces = networkInterfaces.count
                message.network_interfaces = arena.makeList(count: networkInterfaces.count) {
                    networkInterfaces[$0].fill(&$1, arena)
                }
            }
            message.processes = processes?.message(in: arena)
            message.load = load?.message(in: arena)
        }
    }
}

extension CPUSample {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireCPUMetrics> {
        arena.make { cpu in
            wireSet(&cpu.has_usage_percent, &cpu.usage_percent, usagePercent)
            cpu.n_core_usage = coreUsage.count
            cpu.core_usage = arena.copyScalars(coreUsage)
            wireSet(&cpu.has_user_percent, &cpu.user_percent, userPercent)
            wireSet(&cpu.has_system_percent, &cpu.system_percent, systemPercent)
            wireSet(&cpu.has_idle_percent, &cpu.idle_percent, idlePercent)
            wireSet(&cpu.has_iowait_percent, &cpu.iowait_percent, iowaitPercent)
            wireSet(&cpu.has_temperature_celsius, &cpu.temperature_celsius, temperatureCelsius)
        }
    }
}

extension MemorySample {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireMemoryMetrics> {
        arena.make { memory in
            wireSet(&memory.has_total_bytes, &memory.total_bytes, totalBytes)
            wireSet(&memory.has_used_bytes, &memory.used_bytes, usedBytes)
            wireSet(&memory.has_available_bytes, &memory.available_bytes, availableBytes)
            wireSet(&memory.has_free_bytes, &memory.free_bytes, freeBytes)
            wireSet(&memory.has_cached_bytes, &memory.cached_bytes, cachedBytes)
            wireSet(&memory.has_buffers_bytes, &memory.buffers_bytes, buffersBytes)
            wireSet(&memory.has_usage_percent, &memory.usage_percent, usagePercent)
            wireSet(&memory.has_swap_total_bytes, &memory.swap_total_bytes, swapTotalBytes)
            wireSet(&memory.has_swap_used_bytes, &memory.swap_used_bytes, swapUsedBytes)
            wireSet(&memory.has_swap_free_bytes, &memory.swap_free_bytes, swapFreeBytes)
            wireSet(&memory.has_swap_usage_percent, &memory.swap_usage_percent, swapUsagePercent)
        }
    }
}

extension DiskSample {
    fileprivate func fill(_ disk: inout WireDiskMetrics, _ arena: WireArena) {
        wireSet(&disk.has_device, &disk.device, arena.copyBytes(device))
        wireSet(&disk.has_mount_point, &disk.mount_point, arena.copyBytes(mountPoint))
        wireSet(&disk.has_filesystem, &disk.filesystem, arena.copyBytes(filesystem))
        wireSet(&disk.has_total_bytes, &disk.total_bytes, totalBytes)
        wireSet(&disk.has_used_bytes, &disk.used_bytes, usedBytes)
        wireSet(&disk.has_available_bytes, &disk.available_bytes, availableBytes)
        wireSet(&disk.has_usage_percent, &disk.usage_percent, usagePercent)
        wireSet(&disk.has_read_bytes_per_sec, &disk.read_bytes_per_sec, readBytesPerSec)
        wireSet(&disk.has_write_bytes_per_sec, &disk.write_bytes_per_sec, writeBytesPerSec)
        wireSet(&disk.has_read_ops_per_sec, &disk.read_ops_per_sec, readOpsPerSec)
        wireSet(&disk.has_write_ops_per_sec, &disk.write_ops_per_sec, writeOpsPerSec)
        wireSet(&disk.has_io_util_percent, &disk.io_util_percent, ioUtilPercent)
    }
}

extension InterfaceSample {
    fileprivate func fill(
        _ message: inout WireNetworkMetrics, _ arena: WireArena
    ) {
        wireSet(&message.has_interface, &message.interface, arena.copyBytes(interface))
        wireSet(&message.has_bytes_sent_per_sec, &message.bytes_sent_per_sec, bytesSentPerSec)
        wireSet(&message.has_bytes_recv_per_sec, &message.bytes_recv_per_sec, bytesRecvPerSec)
        wireSet(&message.has_packets_sent_per_sec, &message.packets_sent_per_sec, packetsSentPerSec)
        wireSet(&message.has_packets_recv_per_sec, &message.packets_recv_per_sec, packetsRecvPerSec)
        wireSet(&message.has_errors_in, &message.errors_in, errorsIn)
        wireSet(&message.has_errors_out, &message.errors_out, errorsOut)
        wireSet(&message.has_drops_in, &message.drops_in, dropsIn)
        wireSet(&message.has_drops_out, &message.drops_out, dropsOut)
    }
}

extension ProcessesSample {
    fileprivate func message(
        in arena: WireArena
    ) -> UnsafeMutablePointer<WireProcessMetrics> {
        arena.make { processes in
            wireSet(&processes.has_total_processes, &processes.total_processes, total)
            wireSet(&processes.has_running_processes, &processes.running_processes, running)
            wireSet(&processes.has_sleeping_processes, &processes.sleeping_processes, sleeping)
            wireSet(&processes.has_zombie_processes, &processes.zombie_processes, zombie)
            processes.n_top = top.count
            processes.top = arena.makeList(count: top.count) { top[$0].fill(&$1, arena) }
            processes.n_task_processes = taskProcesses.count
            processes.task_processes = arena.makeList(count: taskProcesses.count) {
                taskProcesses[$0].fill(&$1, arena)
            }
        }
    }
}

extension TopProcess {
    fileprivate func fill(_ process: inout WireProcess, _ arena: WireArena) {
        wireSet(&process.has_pid, &process.pid, UInt32(max(0, pid)))
        wireSet(&process.has_name, &process.name, arena.copyBytes(name))
        wireSet(&process.has_cpu_percent, &process.cpu_percent, cpuPercent)
        wireSet(&process.has_memory_bytes, &process.memory_bytes, memoryBytes)
        wireSet(&process.has_threads, &process.threads, threads)
    }
}

extension TaskProcess {
    fileprivate func fill(_ process: inout WireTaskProcess, _ arena: WireArena) {
        process.task_id = arena.copy(taskID)
        wireSet(&process.has_pid, &process.pid, UInt32(max(0, pid)))
        wireSet(&process.has_cpu_percent, &process.cpu_percent, cpuPercent)
        wireSet(&process.has_memory_bytes, &process.memory_bytes, memoryBytes)
        wireSet(&process.has_virtual_memory_bytes, &process.virtual_memory_bytes, virtualMemoryBytes)
        wireSet(&process.has_threads, &process.threads, threads)
        wireSet(&process.has_read_bytes, &process.read_bytes, readBytes)
        wireSet(&process.has_write_bytes, &process.write_bytes, writeBytes)
    }
}

extension LoadSample {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireLoad> {
        arena.make { load in
            wireSet(&load.has_load1, &load.load1, load1)
            wireSet(&load.has_load5, &load.load5, load5)
            wireSet(&load.has_load15, &load.load15, load15)
        }
    }
}

extension HealthSample {
    /// The payload of one `StreamData` of the stream `health_check`. Without `metrics` it says only when it was made, for
    /// how long the host has been up, which units have failed and which containers are not well.
    package func message(
        metrics: Bool = true, in arena: WireArena
    ) -> UnsafeMutablePointer<WireHealthCheck> {
        arena.make { health in
            wireSet(&health.has_timestamp, &health.timestamp, UInt64(max(0, timestamp)))
            wireSet(&health.has_uptime_seconds, &health.uptime_seconds, uptimeSeconds)
            fillUnits(of: &health, in: arena)
            health.n_unhealthy_containers = unhealthyContainers?.count ?? 0
            health.unhealthy_containers = arena.copyBytes(unhealthyContainers ?? [])
            guard metrics else { return }
            wireSet(&health.has_cpu_usage_percent, &health.cpu_usage_percent, cpuUsagePercent)
            wireSet(&health.has_memory_usage_percent, &health.memory_usage_percent, memoryUsagePercent)
            wireSet(&health.has_disk_usage_percent, &health.disk_usage_percent, diskUsagePercent)
            wireSet(&health.has_disk_mount_point, &health.disk_mount_point, diskMountPoint.map { arena.copyBytes($0) })
            wireSet(&health.has_swap_usage_percent, &health.swap_usage_percent, swapUsagePercent)
            wireSet(&health.has_core_count, &health.core_count, coreCount)
            health.load = load?.message(in: arena)
        }
    }

    private func fillUnits(of health: inout WireHealthCheck, in arena: WireArena) {
        let units = failedUnits ?? []
        health.n_failed_units = units.count
        health.failed_units = arena.copyBytes(units.map(\.name))
        let states = units.map { ServiceState(name: $0.name, state: $0.state, detail: $0.detail) } + services
        health.n_services = states.count
        health.services = arena.makeList(count: states.count) { index, service in
            wireSet(&service.has_name, &service.name, arena.copyBytes(states[index].name))
            wireSet(&service.has_state, &service.state, arena.copyBytes(states[index].state))
            let detail = states[index].detail
            if !detail.isEmpty { wireSet(&service.has_detail, &service.detail, arena.copyBytes(detail)) }
        }
    }
}
