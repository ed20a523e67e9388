import Glibc

extension CPUInfo {
    /// From `/proc/cpuinfo`, whose lines differ between architectures, and the frequencies of the first core in `/sys`.
    init(of host: HostReadings) {
        if var file = host.buffer.contents(of: host.root.path("/proc/cpuinfo")) { read(cpuinfo: &file) }
        let frequencies = host.root.path("/sys/devices/system/cpu/cpu0/cpufreq/")
        baseFrequencyGHz =
            Self.gigahertz(host.buffer.number(in: frequencies + "base_frequency"))
            ?? model.flatMap(Self.nominalFrequency)
        maxFrequencyGHz = Self.gigahertz(host.buffer.number(in: frequencies + "cpuinfo_max_freq"))
    }

    private mutating func read(cpuinfo file: inout ByteScanner) {
        var socket: UInt64 = 0
        var processors: UInt32 = 0
        var known: Set<UInt64> = []
        while let line = file.nextLine() {
            if let value = line.value(of: "processor") {
                // Some ARM kernels have the model's name on a line of this name too.
                if value.number != nil { processors += 1 }
            } else if let value = line.value(of: "physical id") {
                socket = value.number ?? 0
            } else if let value = line.value(of: "core id") {
                known.insert(socket << 32 | (value.number ?? 0) & 0xffff_ffff)
            } else if features.isEmpty, let value = line.value(of: "flags") ?? line.value(of: "Features") {
                features = value.words
            } else if model == nil {
                model = Self.modelNames.lazy.compactMap { line.value(of: $0)?.text }.first
            }
        }
        // Architectures that do not number their cores have one thread on each.
        guard processors > 0 else { return }
        threads = processors
        cores = known.isEmpty ? processors : UInt32(known.count)
    }

    private static let modelNames: [StaticString] = ["model name", "cpu model", "Hardware", "Model", "cpu"]

    private static func gigahertz(_ kilohertz: Int64?) -> Double? {
        guard let kilohertz, kilohertz > 0 else { return nil }
        return (Double(kilohertz) / 10_000).rounded() / 100
    }

    /// 2.6 of `Intel(R) Xeon(R) CPU E5-2690 v3 @ 2.60GHz`.
    private static func nominalFrequency(_ model: String) -> Double? {
        guard let at = model.lastIndex(of: "@"), model.hasSuffix("GHz") else { return nil }
        return Double(model[model.index(after: at)...].dropLast(3).drop { $0 == " " })
    }
}

extension ByteScanner {
    /// What follows the colon of a line `name : value`; nil when the line has another name, or nothing there.
    fileprivate func value(of name: StaticString) -> ByteScanner? {
        var line = self
        guard line.skip(name) else { return nil }
        line.skipSpaces()
        guard line.skip(":") else { return nil }
        line.skipSpaces()
        return line.isAtEnd ? nil : line
    }

    fileprivate var number: UInt64? {
        var scanner = self
        return scanner.nextUInt()
    }

    fileprivate var words: [String] {
        var scanner = self
        var words: [String] = []
        while let word = scanner.nextWord() { words.append(word.text) }
        return words
    }
}

/// A memory module, as the firmware describes it (SMBIOS structure 17), readable by root where there is such a firmware.
struct MemoryModule: Equatable {
    var type: String?
    var speedMHz: UInt32?

    /// The first slot that is not empty.
    static func first(_ host: HostReadings) -> MemoryModule? {
        let entries = host.root.path("/sys/firmware/dmi/entries")
        for entry in directoryNames(entries) where entry.hasPrefix("17-") {
            guard let raw = host.buffer.contents(of: entries + "/" + entry + "/raw") else { continue }
            if let module = MemoryModule(structure: raw.remaining) { return module }
        }
        return nil
    }

    init(type: String?, speedMHz: UInt32?) {
        self.type = type
        self.speedMHz = speedMHz
    }

    /// nil for an empty slot, or bytes that are no such structure.
    init?(structure: UnsafeBufferPointer<UInt8>) {
        guard structure.count > 1, structure[0] == 17 else { return nil }
        let length = min(Int(structure[1]), structure.count)
        func word(_ offset: Int) -> UInt32 {
            offset + 1 < length ? UInt32(structure[offset]) | UInt32(structure[offset + 1]) << 8 : 0
        }
        guard word(0x0c) != 0, length > 0x12 else { return nil }
        type = Self.types[structure[0x12]]
        // What it runs at, else what it could.
        speedMHz = [word(0x20), word(0x15)].first { $0 != 0 && $0 != 0xffff }
    }

    /// Virtual machines say 7 (RAM), which tells nobody anything.
    private static let types: [UInt8: String] = [
        0x12: "DDR", 0x13: "DDR2", 0x18: "DDR3", 0x1a: "DDR4", 0x1b: "LPDDR", 0x1c: "LPDDR2", 0x1d: "LPDDR3",
        0x1e: "LPDDR4", 0x20: "HBM", 0x21: "HBM2", 0x22: "DDR5", 0x23: "LPDDR5",
    ]
}

/// What kind of device a filesystem is on.
enum DiskType {
    /// `nvme`, `ssd`, `hdd`, or `virtual` for a disk whose real kind a hypervisor hides; nil when there is no telling.
    static func of(_ device: DeviceNumber, _ host: HostReadings) -> String? {
        let path = host.root.path("/sys/dev/block/\(device.major):\(device.minor)")
        let place = target(ofLink: path)
        if place.contains("/nvme") { return "nvme" }
        if place.contains("/virtio") || place.contains("/vbd-") { return "virtual" }
        // A partition has no queue of its own: its disk, the directory above, has.
        let rotational =
            host.buffer.number(in: path + "/queue/rotational") ?? host.buffer.number(in: path + "/../queue/rotational")
        return rotational.map { $0 == 0 ? "ssd" : "hdd" }
    }

    private static func target(ofLink path: String) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { target in
            let length = readlink(path, target.baseAddress!, target.count)
            guard length > 0 else { return "" }
            return String(decoding: target[..<length].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
