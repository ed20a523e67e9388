import CLoad
import Glibc

/// The processes of the server, where they run on this host. Any thread.
struct ServerProcess: Sendable {
    let pids: [Int32]

    /// What they use at one time.
    struct Usage: Sendable {
        /// User and system, in nanoseconds, since they began.
        var cpu: UInt64 = 0
        /// Bytes.
        var rss = 0
        /// Bytes; memory shared by several processes counts in parts.
        var pss = 0
        /// Bytes of the kernel's memory for TCP, of the whole host.
        var kernelTCP = 0
    }

    /// Nil where nothing is measured.
    init?(pids: [Int32]) {
        guard !pids.isEmpty else { return nil }
        self.pids = pids
    }

    /// Who listens on this port.
    init?(listeningOn port: UInt16) {
        let sockets = Self.listeningSockets(port)
        self.init(pids: Self.processes().filter { Self.hasAny(of: sockets, process: $0) })
    }

    var usage: Usage {
        var usage = Usage()
        for pid in pids {
            usage.cpu += cl_process_cpu(pid)
            let memory = SmallFile.read("/proc/\(pid)/smaps_rollup") ?? ""
            usage.rss += Self.kilobytes("Rss:", in: memory) << 10
            usage.pss += Self.kilobytes("Pss:", in: memory) << 10
        }
        usage.kernelTCP = Self.kernelTCP
        return usage
    }

    /// Resident memory alone, which costs less to know.
    var rss: Int {
        pids.reduce(0) { sum, pid in
            let fields = (SmallFile.read("/proc/\(pid)/statm") ?? "").split(separator: " ")
            return sum + (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    static var kernelTCP: Int {
        let text = SmallFile.read("/proc/net/sockstat") ?? ""
        let words = text.split(separator: "\n").first { $0.hasPrefix("TCP:") }?.split(separator: " ") ?? []
        guard let index = words.firstIndex(of: "mem"), index + 1 < words.count else { return 0 }
        return (Int(words[index + 1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func kilobytes(_ name: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    // MARK: - Who listens

    /// Inodes of the sockets.
    private static func listeningSockets(_ port: UInt16) -> Set<Substring> {
        let hex = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - hex.count) + hex
        var result: Set<Substring> = []
        for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in lines(of: path) {
                let fields = line.split(separator: " ")
                // sl, local address, remote address, state (0A: listens), …, inode
                guard fields.count > 9, fields[3] == "0A", fields[1].hasSuffix(suffix) else { continue }
                result.insert(fields[9])
            }
        }
        return result
    }

    /// Listening sockets stand first, so the beginning of the file is enough.
    private static func lines(of path: String) -> [Substring] { (SmallFile.read(path) ?? "").split(separator: "\n") }

    private static func processes() -> [Int32] { names(in: "/proc").compactMap { Int32($0) } }

    private static func hasAny(of sockets: Set<Substring>, process: Int32) -> Bool {
        names(in: "/proc/\(process)/fd").contains { name in
            guard let target = link("/proc/\(process)/fd/\(name)"), target.hasPrefix("socket:["), target.hasSuffix("]")
            else { return false }
            return sockets.contains(target.dropFirst("socket:[".count).dropLast())
        }
    }

    private static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
            let count = buffer.withMemoryRebound(to: CChar.self) { readlink(path, $0.baseAddress!, $0.count) }
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }

    private static func names(in directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var result: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { result.append(name) }
        }
        return result
    }
}
