import Glibc
import Testing

@testable import AgentCore

@Suite("Damaged kernel files")
struct CollectorsTruncationTests {
    /// Files as kernels write them, odd values included; the collectors read all of them.
    private static let files: [(path: String, text: String)] = [
        (
            "/proc/stat",
            """
            cpu  1 2 3 4 5 6 7 8 9 10
            cpu0 1 2 3 4 5 6 7 8 9 10
            cpu9 18446744073709551615 2 3 4
            intr 5
            """
        ),
        (
            "/proc/meminfo",
            """
            MemTotal: 24684096 kB
            MemFree: 99999999999999999999 kB
            MemAvailable: 5 kB
            SwapTotal: 0 kB
            """
        ),
        ("/proc/loadavg", "0.29 0.08 99999999999999999999999999.02 1/166 5900\n"),
        (
            "/proc/self/mountinfo",
            #"""
            27 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
            31 2 8:1 / /a\040\0 rw - xfs /dev/s\04 rw
            """#
        ),
        (
            "/proc/diskstats",
            " 254 0 vda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n 8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"
        ),
        ("/proc/net/dev", "Inter-|\n face |\n  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
        (
            "/proc/7/stat",
            "7 (a) R (\n) S 1 7 7 0 -1 4194560 1 2 3 4 11 22 5 6 20 0 3 0 999 4096 25 18446744073709551615"
        ),
        ("/proc/7/io", "rchar: 1\nread_bytes: 100\nwrite_bytes: 7\n"),
        ("/sys/class/hwmon/hwmon0/name", "k10temp\n"),
        ("/sys/class/hwmon/hwmon0/temp1_input", "55125\n"),
        ("/proc/uptime", "2812.31 5300.20\n"),
        ("/proc/cpuinfo", "processor : 0\nmodel name : X @ 2.6GHz\nphysical id : 9\ncore id : 99999999999999999999\n"),
        ("/sys/devices/system/cpu/cpu0/cpufreq/base_frequency", "-2600000\n"),
        ("/sys/dev/block/254:0/queue/rotational", "1\n"),
        ("/etc/os-release", "NAME=\"A \\\"B\\\"\"\nVERSION_ID='1'\nID=x\\\n"),
        ("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nVersion: 2\n"),
    ]

    private func sampleEverything(_ host: RecordedHost) {
        let readings = HostReadings(root: host.root)
        _ = MetricsCollector(host: readings).sample(parts: .all, tasks: [TaskRoot(taskID: "t", pid: 7)])
        _ = HealthCollector(host: readings).sample()
        _ = SystemInfoCollector(root: host.root).collect(network: false)
    }

    @Test("a file cut off anywhere is read as far as it goes")
    func truncated() {
        let host = RecordedHost()
        for file in Self.files { host.write(file.path, file.text) }
        for file in Self.files {
            for length in 0..<file.text.utf8.count {
                host.write(file.path, file.text.utf8.prefix(length))
                sampleEverything(host)
            }
            host.write(file.path, file.text)
        }
    }

    @Test("a file with random bytes in it is read without harm")
    func scrambled() {
        let host = RecordedHost()
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SplitMix(state: seed)
        for file in Self.files { host.write(file.path, file.text) }
        for _ in 0..<300 {
            let file = Self.files.randomElement(using: &random)!
            var bytes = Array(file.text.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            host.write(file.path, bytes)
            sampleEverything(host)
        }
    }
}

/// A generator that can be started again from a printed seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
