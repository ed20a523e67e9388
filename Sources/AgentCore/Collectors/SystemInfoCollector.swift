import Glibc

/// Looks up what a host is made of.
///
/// A value without state: it can be used on any thread, and should be on another than the loop's, because the list of
/// packages can be some megabytes to read. Everything is read anew for each call. Addresses, kernel version and host
/// name are always those of the running host, whatever the root.
package struct SystemInfoCollector: Sendable {
    private let root: HostRoot

    package init(root: HostRoot = HostRoot()) { self.root = root }

    /// Reads the parts that are wanted.
    package func collect(hardware: Bool = true, software: Bool = true, network: Bool = true) -> SystemInfo {
        let host = HostReadings(root: root)
        let names = SystemNames()
        var info = SystemInfo(timestamp: Int64(time(nil)))
        if hardware { info.hardware = self.hardware(host, names) }
        if software { info.software = self.software(host, names) }
        if network { info.networkInterfaces = networkInterfaces(host) }
        return info
    }

    private func hardware(_ host: HostReadings, _ names: SystemNames) -> HardwareInfo {
        let memory = MemoryCollector(host: host).sample()
        var modules = MemoryModules(totalBytes: memory?.totalBytes, availableBytes: memory?.availableBytes)
        if let module = MemoryModule.first(host) {
            modules.type = module.type
            modules.speedMHz = module.speedMHz
        }
        return HardwareInfo(
            cpu: CPUInfo(of: host), memory: modules, disks: disks(host), architecture: names.machine)
    }

    private func disks(_ host: HostReadings) -> [DiskInfo] {
        (DiskCollector(host: host).filesystems() ?? []).map { sample, device in
            DiskInfo(
                device: sample.device, mountPoint: sample.mountPoint, filesystem: sample.filesystem,
                totalBytes: sample.totalBytes, availableBytes: sample.availableBytes,
                type: DiskType.of(device, host))
        }
    }

    private func software(_ host: HostReadings, _ names: SystemNames) -> SoftwareInfo {
        var os = OSInfo(kernelVersion: names.release)
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            guard var file = host.buffer.contents(of: root.path(path)) else { continue }
            os.read(osRelease: &file)
            break
        }
        return SoftwareInfo(
            os: os, hostname: names.host, uptimeSeconds: host.uptimeSeconds(), packages: installedPackages(root))
    }
}

/// What `uname` says.
struct SystemNames {
    let host: String
    let release: String
    let machine: String

    init() {
        var names = utsname()
        uname(&names)
        host = Self.text(&names.nodename)
        release = Self.text(&names.release)
        machine = Self.text(&names.machine)
    }

    private static func text<Array>(_ characters: inout Array) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension OSInfo {
    /// Takes `NAME`, `VERSION_ID` (else `VERSION`) and `ID` from a file of shell assignments.
    mutating func read(osRelease file: inout ByteScanner) {
        var fullVersion: String?
        while var line = file.nextLine() {
            line.skipSpaces()
            if line.skip("NAME=") {
                name = Self.unquoted(line)
            } else if line.skip("VERSION_ID=") {
                version = Self.unquoted(line)
            } else if line.skip("VERSION=") {
                fullVersion = Self.unquoted(line)
            } else if line.skip("ID=") {
                distribution = Self.unquoted(line)
            }
        }
        version = version ?? fullVersion
    }

    /// The value of an assignment without its quotes and backslashes; nil when that is nothing.
    private static func unquoted(_ value: ByteScanner) -> String? {
        var bytes: [UInt8] = []
        var quote: UInt8?
        var isEscaped = false
        for byte in value.remaining {
            if isEscaped {
                bytes.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
                isEscaped = true
            } else if byte == quote {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else {
                bytes.append(byte)
            }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
