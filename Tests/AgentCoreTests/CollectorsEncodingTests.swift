import Testing
import Wire

@testable import AgentCore

@Suite("Samples as messages")
struct CollectorsEncodingTests {
    private let arena = WireArena()

    @Test("every value of a metrics sample is in the message, and what is missing is left out")
    func metrics() throws {
        var sample = MetricsSample(timestamp: 1_700_000_000)
        sample.cpu = CPUSample(
            usagePercent: 12.5, coreUsage: [10, 15], userPercent: 8, systemPercent: 4, idlePercent: 87,
            iowaitPercent: 0.5, temperatureCelsius: nil)
        sample.memory = MemorySample(totalBytes: 100, usedBytes: 40, availableBytes: 60, swapUsagePercent: nil)
        sample.disks = [
            DiskSample(device: "/dev/sda1", mountPoint: "/", filesystem: "ext4", totalBytes: 9, ioUtilPercent: 3)
        ]
        sample.networkInterfaces = [
            InterfaceSample(
                interface: "eth0", bytesSentPerSec: 7, errorsIn: 1, errorsOut: 2, dropsIn: 3, dropsOut: 4)
        ]
        sample.processes = ProcessesSample(
            total: 4, running: 1, sleeping: 2, zombie: 1,
            top: [TopProcess(pid: 1, name: "init", cpuPercent: nil, memoryBytes: 5, threads: 6)],
            taskProcesses: [
                TaskProcess(
                    taskID: "t1", pid: 2, cpuPercent: 1, memoryBytes: 3, virtualMemoryBytes: 4, threads: 5,
                    readBytes: nil, writeBytes: 8)
            ])
        sample.load = LoadSample(load1: 0.1, load5: 0.2, load15: 0.3)

        let message = sample.message(in: arena).pointee
        #expect(message.timestamp == 1_700_000_000)
        let cpu = try #require(message.cpu).pointee
        #expect(wireValue(cpu.has_usage_percent, cpu.usage_percent) == 12.5)
        #expect(Array(UnsafeBufferPointer(start: cpu.core_usage, count: cpu.n_core_usage)) == [10, 15])
        #expect(wireValue(cpu.has_temperature_celsius, cpu.temperature_celsius) == nil)
        let memory = try #require(message.memory).pointee
        #expect(memory.used_bytes == 40 && memory.has_free_bytes == 0)
        let disk = try #require(WireList(message.n_disks, message.disks).first).pointee
        #expect(String(wire: disk.device) == "/dev/sda1" && disk.io_util_percent == 3 && disk.has_used_bytes == 0)
        let interface = try #require(WireList(message.n_network_interfaces, message.network_interfaces).first).pointee
        #expect(interface.bytes_sent_per_sec == 7 && interface.drops_out == 4 && interface.has_bytes_recv_per_sec == 0)
        let processes = try #require(message.processes).pointee
        #expect(processes.sleeping_processes == 2)
        let top = try #require(WireList(processes.n_top, processes.top).first).pointee
        #expect(String(wire: top.name) == "init" && top.has_cpu_percent == 0 && top.threads == 6)
        let task = try #require(WireList(processes.n_task_processes, processes.task_processes).first).pointee
        #expect(wireString(task.task_id) == "t1" && task.write_bytes == 8 && task.has_read_bytes == 0)
        #expect(try #require(message.load).pointee.load15 == 0.3)
    }

    @Test("parts that were not wanted are not in the message")
    func parts() {
        let message = MetricsSample(timestamp: 1).message(in: arena).pointee
        #expect(message.cpu == nil && message.memory == nil && message.processes == nil && message.load == nil)
        #expect(message.n_disks == 0 && message.n_network_interfaces == 0)
    }

    @Test("a health check without metrics says when and for how long only")
    func health() {
        var sample = HealthSample(timestamp: 5)
        sample.uptimeSeconds = 6
        sample.cpuUsagePercent = 7
        sample.diskMountPoint = "/x"
        let full = sample.message(in: arena).pointee
        #expect(full.cpu_usage_percent == 7 && String(wire: full.disk_mount_point) == "/x")
        #expect(full.has_disk_usage_percent == 0)
        let short = sample.message(metrics: false, in: arena).pointee
        #expect(short.uptime_seconds == 6 && short.has_cpu_usage_percent == 0 && short.has_disk_mount_point == 0)
    }

    @Test("the running host fits a frame, with all its packages")
    func systemInfo() throws {
        var info = SystemInfoCollector().collect()
        let longName = String(repeating: "n", count: 40)
        info.software?.packages = (0..<packageLimit).map { _ in
            PackageInfo(name: longName, version: longName, manager: "dpkg")
        }
        let message = info.message(in: arena)
        #expect(message.encodedSize < 1 << 20)
        let hardware = try #require(message.pointee.hardware).pointee
        #expect(hardware.thread_count == info.hardware?.cpu.threads)
        let software = try #require(message.pointee.software).pointee
        #expect(String(wire: software.hostname) == info.software?.hostname)
        #expect(software.n_packages == packageLimit)
        #expect(message.pointee.n_network_interfaces == info.networkInterfaces?.count)
        let none = SystemInfo(timestamp: 1).message(in: arena).pointee
        #expect(none.hardware == nil && none.software == nil && none.n_network_interfaces == 0)
    }
}
