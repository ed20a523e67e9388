import Wire

/// Messages as agents send them.
enum Samples {
    /// All metrics of a host with four cores, two disks and ten processes worth mentioning.
    static func metrics(in arena: WireArena) -> UnsafeMutablePointer<WireMetrics> {
        arena.make { metrics in
            wireSet(&metrics.has_timestamp, &metrics.timestamp, 1_732_365_000)
            metrics.cpu = cpu(in: arena)
            metrics.memory = memory(in: arena)
            metrics.disks = disks(["/dev/vda1", "/dev/vdb1"], in: arena)
            metrics.n_disks = 2
            metrics.network_interfaces = interfaces(["eth0"], in: arena)
            metrics.n_network_interfaces = 1
            metrics.processes = processes(count: 10, in: arena)
            metrics.load = arena.make { load in
                wireSet(&load.has_load1, &load.load1, 0.52)
                wireSet(&load.has_load5, &load.load5, 0.61)
                wireSet(&load.has_load15, &load.load15, 0.7)
            }
        }
    }

    private static func cpu(in arena: WireArena) -> UnsafeMutablePointer<WireCPUMetrics> {
        arena.make { cpu in
            wireSet(&cpu.has_usage_percent, &cpu.usage_percent, 12.513)
            cpu.core_usage = arena.copyScalars([10.25, 14.75, 9.5, 15.552])
            cpu.n_core_usage = 4
            wireSet(&cpu.has_user_percent, &cpu.user_percent, 8.1)
            wireSet(&cpu.has_system_percent, &cpu.system_percent, 4.4)
            wireSet(&cpu.has_idle_percent, &cpu.idle_percent, 87.487)
            wireSet(&cpu.has_iowait_percent, &cpu.iowait_percent, 0.013)
        }
    }

    private static func memory(in arena: WireArena) -> UnsafeMutablePointer<WireMemoryMetrics> {
        arena.make { memory in
            wireSet(&memory.has_total_bytes, &memory.total_bytes, 16_777_216_000)
            wireSet(&memory.has_used_bytes, &memory.used_bytes, 8_053_063_680)
            wireSet(&memory.has_available_bytes, &memory.available_bytes, 8_724_152_320)
            wireSet(&memory.has_free_bytes, &memory.free_bytes, 1_610_612_736)
            wireSet(&memory.has_cached_bytes, &memory.cached_bytes, 6_442_450_944)
            wireSet(&memory.has_buffers_bytes, &memory.buffers_bytes, 268_435_456)
            wireSet(&memory.has_usage_percent, &memory.usage_percent, 48)
            wireSet(&memory.has_swap_total_bytes, &memory.swap_total_bytes, 0)
        }
    }

    private static func disks(
        _ names: [String], in arena: WireArena
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<WireDiskMetrics>?>? {
        arena.makeList(count: names.count) { index, disk in
            wireSet(&disk.has_device, &disk.device, arena.copyBytes(names[index]))
            wireSet(&disk.has_mount_point, &disk.mount_point, arena.copyBytes(index == 0 ? "/" : "/srv"))
            wireSet(&disk.has_filesystem, &disk.filesystem, arena.copyBytes("ext4"))
            wireSet(&disk.has_total_bytes, &disk.total_bytes, 107_374_182_400)
            wireSet(&disk.has_used_bytes, &disk.used_bytes, 42_949_672_960)
            wireSet(&disk.has_available_bytes, &disk.available_bytes, 60_129_542_144)
            wireSet(&disk.has_usage_percent, &disk.usage_percent, 41.667)
            wireSet(&disk.has_read_bytes_per_sec, &disk.read_bytes_per_sec, 12_288)
            wireSet(&disk.has_write_bytes_per_sec, &disk.write_bytes_per_sec, 733_184)
            wireSet(&disk.has_io_util_percent, &disk.io_util_percent, 1.25)
        }
    }

    private static func interfaces(
        _ names: [String], in arena: WireArena
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<WireNetworkMetrics>?>? {
        arena.makeList(count: names.count) { index, interface in
            wireSet(&interface.has_interface, &interface.interface, arena.copyBytes(names[index]))
            wireSet(&interface.has_bytes_sent_per_sec, &interface.bytes_sent_per_sec, 1_250_000)
            wireSet(&interface.has_bytes_recv_per_sec, &interface.bytes_recv_per_sec, 310_000)
            wireSet(&interface.has_packets_sent_per_sec, &interface.packets_sent_per_sec, 950)
            wireSet(&interface.has_packets_recv_per_sec, &interface.packets_recv_per_sec, 720)
        }
    }

    private static func processes(count: Int, in arena: WireArena) -> UnsafeMutablePointer<WireProcessMetrics> {
        arena.make { processes in
            wireSet(&processes.has_total_processes, &processes.total_processes, 241)
            wireSet(&processes.has_running_processes, &processes.running_processes, 2)
            processes.top = arena.makeList(count: count) { index, process in
                wireSet(&process.has_pid, &process.pid, UInt32(1_000 + index))
                wireSet(&process.has_name, &process.name, arena.copyBytes("postgres"))
                wireSet(&process.has_cpu_percent, &process.cpu_percent, 5.5 / Double(index + 1))
                wireSet(&process.has_memory_bytes, &process.memory_bytes, 148_897_792)
                wireSet(&process.has_threads, &process.threads, 4)
            }
            processes.n_top = count
        }
    }

    /// The frame, without its length, in which an agent sends a sample.
    static func metricsFrame() -> [UInt8] {
        let arena = WireArena()
        let data: UnsafeMutablePointer<WireStreamData> = arena.make { data in
            wireSet(&data.has_stream_ref, &data.stream_ref, 1)
            wireSet(&data.has_at_unix_ns, &data.at_unix_ns, 1_732_365_000_123_456_789)
            data.payload = .metrics(metrics(in: arena))
        }
        return arena.agentMessage(.streamData(data)).encoded()
    }

    static let logLine = "2026-11-24T08:15:42.731Z INFO  request served method=GET path=/api/v1/items/4711 status=200"

    /// The frame, without its length, in which an agent sends lines of a task.
    static func linesFrame(count: Int) -> [UInt8] {
        let arena = WireArena()
        let response: UnsafeMutablePointer<WireTaskResponse> = arena.make { response in
            response.task_id = arena.copy("task_0123456789abcdef")
            response.lines = arena.makeList(count: count) { index, line in
                wireSet(&line.has_seq, &line.seq, UInt64(index + 1))
                wireSet(&line.has_line, &line.line, arena.copyBytes(logLine))
                wireSet(&line.has_at_unix_ns, &line.at_unix_ns, 1_732_365_000_123_456_789)
            }
            response.n_lines = count
        }
        return arena.agentMessage(.taskResponse(response)).encoded()
    }
}
