import Glibc
import Testing

@testable import AgentCore

@Suite("Collectors on recorded hosts")
struct CollectorsRecordedTests {
    private let host = RecordedHost()
    private var readings: HostReadings { HostReadings(root: host.root) }
    private let fresh = seconds(10)

    // MARK: CPU

    @Test("the first CPU sample covers the time since boot, the second the time since the first")
    func cpuSamples() throws {
        let collector = CPUCollector(host: readings)
        host.write("/proc/stat", "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 100 0 100 700 100 0 0 0 0 0\nintr 1 2 3\n")
        let first = try #require(collector.sample(at: seconds(1), staleAfter: fresh))
        #expect(first.usagePercent == 20)
        host.write("/proc/stat", "cpu  130 10 105 740 105 3 2 5 30 0\ncpu0 130 10 105 740 105 3 2 5 30 0\n")
        let second = try #require(collector.sample(at: seconds(2), staleAfter: fresh))
        #expect(second.usagePercent == 55)
        #expect(second.userPercent == 40)
        #expect(second.systemPercent == 10)
        #expect(second.idlePercent == 40)
        #expect(second.iowaitPercent == 5)
        #expect(second.coreUsage == [55])
        #expect(second.temperatureCelsius == nil)
    }

    @Test("a sample right after another repeats it instead of showing noise")
    func cpuTooSoon() throws {
        let collector = CPUCollector(host: readings)
        host.write("/proc/stat", "cpu  100 0 100 800\n")
        let first = try #require(collector.sample(at: seconds(1), staleAfter: fresh))
        host.write("/proc/stat", "cpu  101 0 100 801\n")
        let second = try #require(collector.sample(at: seconds(1.01), staleAfter: fresh))
        #expect(first.usagePercent == 20 && second.usagePercent == 20)
    }

    @Test("a stale reading gives way to a newer one that another collector made")
    func cpuSharedReading() throws {
        let readings = self.readings
        let metrics = CPUCollector(host: readings)
        let health = CPUCollector(host: readings)
        host.write("/proc/stat", "cpu  0 0 0 1000\n")
        _ = metrics.sample(at: seconds(1), staleAfter: fresh)
        host.write("/proc/stat", "cpu  1000 0 0 1000\n")
        _ = health.sample(at: seconds(100), staleAfter: fresh)
        host.write("/proc/stat", "cpu  1000 0 0 1100\n")
        #expect(try #require(metrics.sample(at: seconds(101), staleAfter: fresh)).usagePercent == 0)
    }

    @Test("cores may go off line and come back")
    func cpuHotplug() throws {
        let collector = CPUCollector(host: readings)
        host.write("/proc/stat", "cpu  20 0 0 180\ncpu0 10 0 0 90\ncpu2 10 0 0 90\n")
        _ = collector.sample(at: seconds(1), staleAfter: fresh)
        host.write("/proc/stat", "cpu  120 0 0 280\ncpu2 60 0 0 140\n")
        #expect(try #require(collector.sample(at: seconds(2), staleAfter: fresh)).coreUsage == [50])
        host.write("/proc/stat", "cpu  220 0 0 380\ncpu0 20 0 0 180\ncpu2 85 0 0 215\n")
        #expect(try #require(collector.sample(at: seconds(3), staleAfter: fresh)).coreUsage == [10, 25])
    }

    @Test("the processor's sensor is preferred to others, and thermal zones come last")
    func temperature() {
        #expect(TemperatureSensor(host: readings).read() == nil)
        host.write("/sys/class/thermal/thermal_zone0/type", "acpitz\n")
        host.write("/sys/class/thermal/thermal_zone0/temp", "27800\n")
        #expect(TemperatureSensor(host: readings).read() == nil)
        host.write("/sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n")
        host.write("/sys/class/thermal/thermal_zone1/temp", "61200\n")
        #expect(TemperatureSensor(host: readings).read() == 61.2)
        host.write("/sys/class/hwmon/hwmon0/name", "nvme\n")
        host.write("/sys/class/hwmon/hwmon0/temp1_input", "39850\n")
        host.write("/sys/class/hwmon/hwmon1/name", "k10temp\n")
        host.write("/sys/class/hwmon/hwmon1/temp1_input", "55125\n")
        #expect(TemperatureSensor(host: readings).read() == 55.1)
        host.write("/sys/class/hwmon/hwmon1/temp1_input", "-273150\n")
        #expect(TemperatureSensor(host: readings).read() == nil)
    }

    // MARK: Memory and load

    @Test("used memory is what is not available; cached includes what slabs can give back")
    func memory() throws {
        host.write(
            "/proc/meminfo",
            """
            MemTotal:        1000 kB
            MemFree:          200 kB
            MemAvailable:     600 kB
            Buffers:           50 kB
            Cached:           300 kB
            SwapCached:         7 kB
            SwapTotal:        100 kB
            SwapFree:          75 kB
            SReclaimable:      40 kB
            """)
        let sample = try #require(MemoryCollector(host: readings).sample())
        #expect(sample.totalBytes == 1_024_000 && sample.usedBytes == 409_600)
        #expect(sample.usagePercent == 40)
        #expect(sample.cachedBytes == 340 * 1024 && sample.buffersBytes == 50 * 1024)
        #expect(sample.swapUsedBytes == 25_600 && sample.swapUsagePercent == 25)
    }

    @Test("an old kernel without MemAvailable, and a host without swap, leave those values out")
    func oldMemory() throws {
        host.write("/proc/meminfo", "MemTotal: 1000 kB\nMemFree: 200 kB\nBuffers: 50 kB\nCached: 250 kB\n")
        let old = try #require(MemoryCollector(host: readings).sample())
        #expect(old.availableBytes == nil && old.usagePercent == 50 && old.swapTotalBytes == nil)
        host.write("/proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 5 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
        let noSwap = try #require(MemoryCollector(host: readings).sample())
        #expect(noSwap.swapTotalBytes == 0 && noSwap.swapUsagePercent == nil)
        host.write("/proc/meminfo", "MemFree: 10 kB\n")
        #expect(MemoryCollector(host: readings).sample() == nil)
    }

    @Test("absurd figures are kept within bounds")
    func hugeMemory() throws {
        host.write("/proc/meminfo", "MemTotal: 99999999999999999999 kB\nMemAvailable: 99999999999999999999999 kB\n")
        let sample = try #require(MemoryCollector(host: readings).sample())
        #expect(sample.totalBytes == .max && sample.usedBytes == 0)
    }

    @Test("the load averages are read as printed")
    func load() {
        host.write("/proc/loadavg", "0.29 1.08 12.02 1/166 5900\n")
        #expect(LoadCollector(host: readings).sample() == LoadSample(load1: 0.29, load5: 1.08, load15: 12.02))
    }

    // MARK: Disks

    private static let mounts = #"""
        22 27 0:21 / /proc rw - proc proc rw
        27 1 254:1 / / rw - ext4 /dev/vda1 rw
        30 27 0:27 / /run rw - tmpfs tmpfs rw
        31 27 8:1 /srv /srv rw - xfs /dev/sda1 rw
        32 27 8:1 / /data\040one rw - xfs /dev/sda1 rw
        33 27 8:1 /b /bind rw - xfs /dev/sda1 rw
        34 27 0:40 / /net rw - nfs4 server:/x rw
        35 27 7:1 / /snap/core ro - squashfs /dev/loop1 ro
        36 27 0:50 /@ /tank rw - btrfs /dev/nowhere rw
        37 27 0:50 /@home /home rw - btrfs /dev/nowhere rw
        38 27 8:2 / /over rw - ext4 /dev/sda2 rw
        39 38 0:60 / /over rw - tmpfs tmpfs rw
        broken line
        """#

    @Test("real filesystems are listed once, in their order, without pseudo, network and image filesystems")
    func mounts() throws {
        host.write("/proc/self/mountinfo", Self.mounts)
        host.makeDirectories(["data one"])
        let disks = try #require(DiskCollector(host: readings).sample(at: seconds(1), staleAfter: fresh))
        #expect(disks.map(\.mountPoint) == ["/", "/data one", "/tank"])
        #expect(disks.map(\.device) == ["/dev/vda1", "/dev/sda1", "/dev/nowhere"])
        #expect(disks.map(\.filesystem) == ["ext4", "xfs", "btrfs"])
        #expect(disks[1].totalBytes ?? 0 > 0)
        #expect(disks[2].totalBytes == nil && disks[2].usagePercent == nil)
        #expect(disks[0].readBytesPerSec == nil)
    }

    @Test("the root of a container is listed although it is an overlay")
    func overlayRoot() throws {
        let lines = "1 0 0:99 / / rw - overlay overlay rw\n2 1 0:98 / /x rw - overlay overlay rw\n"
        host.write("/proc/self/mountinfo", lines)
        let disks = try #require(DiskCollector(host: readings).sample(at: seconds(1), staleAfter: fresh))
        #expect(disks.map(\.mountPoint) == ["/"])
        #expect(disks[0].device == "overlay")
    }

    @Test("disk rates come from the second reading on, by device number, and not from a stale one")
    func diskRates() throws {
        host.write("/proc/self/mountinfo", "27 1 254:1 / / rw - ext4 /dev/vda1 rw\n")
        let collector = DiskCollector(host: readings)
        func sample(_ at: Double, _ stats: String) throws -> DiskSample {
            host.write("/proc/diskstats", "254 0 vda 9 9 9 9 9 9 9 9 9 9 9\n 254 1 vda1 \(stats)\nshort 1\n")
            return try #require(collector.sample(at: seconds(at), staleAfter: fresh)?.first)
        }
        #expect(try sample(1, "10 0 100 0 20 0 200 0 0 1000 0").ioUtilPercent == nil)
        let second = try sample(3, "30 0 140 0 24 0 300 0 0 1500 0 0 0 0 0 0 0")
        #expect(second.readOpsPerSec == 10 && second.writeOpsPerSec == 2)
        #expect(second.readBytesPerSec == 20 * 512 && second.writeBytesPerSec == 50 * 512)
        #expect(second.ioUtilPercent == 25)
        #expect(try sample(3.01, "99 0 999 0 24 0 300 0 0 1500 0").readOpsPerSec == 10)
        #expect(try sample(60, "99 0 999 0 24 0 300 0 0 1500 0").readOpsPerSec == nil)
        let reset = try sample(61, "1 0 1 0 1 0 1 0 0 9000 0")
        #expect(reset.readOpsPerSec == 0 && reset.ioUtilPercent == 100)
    }

    @Test("a new mount is seen, and costs the others nothing")
    func newMount() throws {
        let collector = DiskCollector(host: readings)
        host.write("/proc/self/mountinfo", "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
        host.write("/proc/diskstats", "8 1 sda1 10 0 100 0 20 0 200 0 0 1000 0\n8 2 sda2 0 0 0 0 0 0 0 0 0 0 0\n")
        _ = collector.sample(at: seconds(1), staleAfter: fresh)
        host.write(
            "/proc/self/mountinfo", "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 1 8:2 / /new rw - ext4 /dev/sda2 rw\n")
        host.write("/proc/diskstats", "8 1 sda1 15 0 100 0 20 0 200 0 0 1000 0\n8 2 sda2 0 0 0 0 0 0 0 0 0 0 0\n")
        let disks = try #require(collector.sample(at: seconds(2), staleAfter: fresh))
        #expect(disks.map(\.device) == ["/dev/sda1", "/dev/sda2"])
        #expect(disks.map(\.readOpsPerSec) == [5, nil])
    }

    // MARK: Network

    @Test("interfaces may come and go; loopback is left out; errors are totals")
    func network() throws {
        let collector = NetworkCollector(host: readings)
        func sample(_ at: Double, _ lines: String) throws -> [InterfaceSample] {
            host.write("/proc/net/dev", "Inter-|   Receive\n face |bytes    packets\n" + lines)
            return try #require(collector.sample(at: seconds(at), staleAfter: fresh))
        }
        let loopback = "    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n"
        let first = try sample(1, loopback + "  eth0:1000 10 1 2 0 0 0 0 500 5 3 4 0 0 0 0\n")
        #expect(first.map(\.interface) == ["eth0"])
        #expect(first[0].bytesRecvPerSec == nil && first[0].errorsIn == 1 && first[0].dropsOut == 4)
        let second = try sample(3, "wg0: 1 1 0 0 0 0 0 0 1 1 0 0\neth0: 3000 20 1 2 0 0 0 0 700 9 3 4 0 0 0 0\n")
        #expect(second.map(\.interface) == ["wg0", "eth0"])
        #expect(second[0].bytesRecvPerSec == nil)
        #expect(second[1].bytesRecvPerSec == 1000 && second[1].bytesSentPerSec == 100)
        #expect(second[1].packetsRecvPerSec == 5 && second[1].packetsSentPerSec == 2)
        let replaced = try sample(4, "eth0: 5 0 0 0 0 0 0 0 5 0 0 0\n")
        #expect(replaced.map(\.bytesRecvPerSec) == [0])
    }
}
