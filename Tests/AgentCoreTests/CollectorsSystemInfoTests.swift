import Glibc
import Testing

@testable import AgentCore

@Suite("What a host is made of")
struct CollectorsSystemInfoTests {
    private let host = RecordedHost()
    private var info: SystemInfo { SystemInfoCollector(root: host.root).collect() }

    @Test("nothing is made up on a host that gives nothing")
    func emptyHost() throws {
        let hardware = try #require(info.hardware)
        #expect(hardware.cpu == CPUInfo(of: HostReadings(root: host.root)))
        #expect(hardware.cpu.model == nil && hardware.cpu.cores == nil && hardware.cpu.threads == nil)
        #expect(hardware.memory == MemoryModules())
        #expect(hardware.disks.isEmpty)
        let software = try #require(info.software)
        #expect(software.os.name == nil && software.uptimeSeconds == nil && software.packages.isEmpty)
    }

    @Test("only the parts that are wanted are collected")
    func parts() {
        let info = SystemInfoCollector().collect(hardware: false, software: false, network: true)
        #expect(info.hardware == nil && info.software == nil && info.networkInterfaces != nil)
    }

    @Test("cores are told from threads, over all sockets")
    func cpu() {
        var text = ""
        for processor in 0..<8 {
            text += "processor\t: \(processor)\nmodel\t\t: 17\nmodel name\t: Xeon @ 2.60GHz\n"
            text += "physical id\t: \(processor / 2 % 2)\ncore id\t\t: \(processor % 2)\n"
            text += "flags\t\t: fpu avx2\n\n"
        }
        host.write("/proc/cpuinfo", text)
        host.write("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3500000\n")
        let cpu = CPUInfo(of: HostReadings(root: host.root))
        #expect(cpu.model == "Xeon @ 2.60GHz" && cpu.cores == 4 && cpu.threads == 8)
        #expect(cpu.features == ["fpu", "avx2"])
        #expect(cpu.baseFrequencyGHz == 2.6 && cpu.maxFrequencyGHz == 3.5)
    }

    @Test("an ARM host's lines are understood")
    func arm() {
        host.write(
            "/proc/cpuinfo",
            "Processor\t: AArch64\nprocessor\t: 0\nFeatures\t: fp asimd\nprocessor\t: 1\nHardware\t: BCM2835\n")
        let cpu = CPUInfo(of: HostReadings(root: host.root))
        #expect(cpu.model == "BCM2835" && cpu.threads == 2 && cpu.cores == 2 && cpu.features == ["fp", "asimd"])
        #expect(cpu.baseFrequencyGHz == nil)
    }

    @Test("the first memory module that is there gives type and speed")
    func memoryModule() {
        var empty = [UInt8](repeating: 0, count: 0x28)
        empty[0] = 17
        empty[1] = 0x28
        host.write("/sys/firmware/dmi/entries/17-0/raw", empty)
        var module = empty
        module[0x0d] = 0x40  // 16 GiB
        module[0x12] = 0x1a
        module[0x15...0x16] = [0x80, 0x0c]  // 3200
        module[0x20...0x21] = [0x6a, 0x0a]  // 2666
        host.write("/sys/firmware/dmi/entries/17-1/raw", module)
        let readings = HostReadings(root: host.root)
        #expect(MemoryModule.first(readings) == MemoryModule(type: "DDR4", speedMHz: 2666))
        for length in 0..<module.count {
            host.write("/sys/firmware/dmi/entries/17-1/raw", module.prefix(length))
            #expect(MemoryModule.first(readings)?.type ?? "DDR4" == "DDR4")
        }
    }

    @Test("the kind of a disk comes from its place or its disk's queue")
    func diskTypes() {
        let readings = HostReadings(root: host.root)
        func type(_ minor: UInt32) -> String? { DiskType.of(DeviceNumber(major: 8, minor: minor), readings) }
        host.write("/sys/devices/pci/ata1/block/sda/queue/rotational", "1\n")
        host.write("/sys/devices/pci/ata1/block/sda/sda1/partition", "1\n")
        host.write("/sys/devices/pci/nvme/nvme0/nvme0n1/dev", "x\n")
        host.write("/sys/devices/pci/virtio0/block/vda/dev", "x\n")
        host.write("/sys/devices/virtual/block/dm-0/queue/rotational", "0\n")
        host.makeDirectories(["sys", "dev", "block"])
        let links = [
            "pci/ata1/block/sda/sda1", "pci/nvme/nvme0/nvme0n1", "pci/virtio0/block/vda", "virtual/block/dm-0",
        ]
        for (minor, target) in links.enumerated() {
            symlink("../../devices/" + target, host.directory + "/sys/dev/block/8:\(minor)")
        }
        #expect((0...4).map(type) == ["hdd", "nvme", "virtual", "ssd", nil])
    }

    @Test("os-release is read as the shell would")
    func osRelease() throws {
        host.write(
            "/usr/lib/os-release",
            "NAME=\"Odd \\\"OS\\\"\"\nVERSION=\"12 (bookworm)\"\nID='odd'\n#ID=no\nPRETTY_NAME=x\n")
        var os = try #require(info.software).os
        #expect(os.name == "Odd \"OS\"" && os.version == "12 (bookworm)" && os.distribution == "odd")
        host.write("/etc/os-release", "ID=alpine\nVERSION_ID=3.20\nVERSION=\n")
        os = try #require(info.software).os
        #expect(os.name == nil && os.version == "3.20" && os.distribution == "alpine")
    }

    @Test("packages that are removed but configured are not listed")
    func dpkg() {
        let description = "Description: " + String(repeating: "long ", count: 50_000)
        host.write(
            "/var/lib/dpkg/status",
            """
            Package: bash
            Status: install ok installed
            \(description)
            Version: 5.2.15-2+b8
            Conffiles:
             Version: not one

            Package: gone
            Status: deinstall ok config-files
            Version: 1

            Package: broken
            Status: install ok half-installed
            Version: 1

            Package: last
            Version: 2:3~x
            Status: install ok installed
            """)
        #expect(
            installedPackages(host.root) == [
                PackageInfo(name: "bash", version: "5.2.15-2+b8", manager: "dpkg"),
                PackageInfo(name: "last", version: "2:3~x", manager: "dpkg"),
            ])
    }

    @Test("apk's list is read where there is no dpkg, and lists are bounded")
    func apk() {
        host.write("/lib/apk/db/installed", "C:Q1=\nP:musl\nV:1.2.5-r0\n\nP:busybox\nV:1.36.1-r29\n\n")
        #expect(installedPackages(host.root).map(\.name) == ["musl", "busybox"])
        let many = (0...packageLimit).map { "P:p\($0)\nV:1\n\n" }.joined()
        host.write("/lib/apk/db/installed", many)
        #expect(installedPackages(host.root).count == packageLimit)
    }

    @Test("the running host is described as its own programs describe it")
    func live() throws {
        let info = SystemInfoCollector().collect()
        let hardware = try #require(info.hardware)
        let software = try #require(info.software)
        #expect(hardware.architecture + "\n" == output(of: "uname -m"))
        #expect(software.os.kernelVersion + "\n" == output(of: "uname -r"))
        #expect(software.hostname + "\n" == output(of: "uname -n"))
        #expect(software.os.distribution.map { $0 + "\n" } == output(of: ". /etc/os-release; echo $ID"))
        #expect(hardware.cpu.threads == output(of: "nproc --all").flatMap { UInt32($0.dropLast()) })
        let uptime = try #require(Double(text(of: "/proc/uptime").prefix { $0 != " " }))
        #expect(abs(Double(try #require(software.uptimeSeconds)) - uptime) <= 30)
        if let listed = output(of: "dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\\n'") {
            let expected = listed.split(separator: "\n").filter { $0.hasPrefix("installed ") }.map { $0.dropFirst(10) }
            #expect(software.packages.map { "\($0.name) \($0.version)" }.sorted() == expected.sorted().map { "\($0)" })
        }
    }

    @Test("interfaces have the addresses that ip shows")
    func interfaces() throws {
        let interfaces = try #require(SystemInfoCollector().collect(hardware: false, software: false).networkInterfaces)
        #expect(!interfaces.contains { $0.name == "lo" })
        guard let listed = output(of: "ip -o addr") else { return }
        var expected: [String: [String]] = [:]
        for line in listed.split(separator: "\n") {
            let words = line.split(separator: " ")
            expected[String(words[1]), default: []].append(String(words[3].prefix { $0 != "/" }))
        }
        for interface in interfaces {
            #expect(interface.ipAddresses.sorted() == expected[interface.name, default: []].sorted())
            #expect(interface.macAddress?.count ?? 17 == 17)
        }
    }

    @Test("a health check has the fullest disk and what the others have")
    func health() throws {
        let sample = HealthCollector(host: HostReadings()).sample()
        #expect((0...100).contains(try #require(sample.cpuUsagePercent)))
        #expect((0...100).contains(try #require(sample.memoryUsagePercent)))
        #expect((0...100).contains(try #require(sample.diskUsagePercent)))
        #expect(sample.diskMountPoint?.hasPrefix("/") == true)
        #expect(sample.load != nil && sample.uptimeSeconds ?? 0 > 0)
        #expect(sample.coreCount == output(of: "nproc --all").flatMap { UInt32($0.dropLast()) })
        let none = HealthCollector(host: HostReadings(root: host.root)).sample()
        #expect(none.cpuUsagePercent == nil && none.memoryUsagePercent == nil && none.diskUsagePercent == nil)
        #expect(none.load == nil && none.uptimeSeconds == nil && none.coreCount == nil)
    }
}
