/// One record of `/dev/kmsg`: `3,1234,5678901,-;the message`, then lines of details that begin with a space.
struct KernelMessage: Equatable {
    /// As syslog has it: 0 is the worst, 3 is an error.
    var level: Int
    /// Who wrote it: 0 is the kernel itself.
    var facility: Int
    var sequence: UInt64
    var text: String

    /// Nil for what is no such record.
    init?(_ record: String) {
        let parts = record.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let head = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        guard head.count >= 3, let priority = UInt32(head[0]), let sequence = UInt64(head[1]) else { return nil }
        level = Int(priority & 7)
        facility = Int(priority >> 3)
        self.sequence = sequence
        text = Self.readable(parts[1].prefix { $0 != "\n" })
    }

    /// The kernel writes what is not printable as `\x0a`.
    private static func readable(_ text: Substring) -> String {
        text.count <= maximumLength ? String(text) : text.prefix(maximumLength) + "…"
    }

    private static let maximumLength = 1000
}

/// The kernel ended a process because memory ran out.
struct OutOfMemoryKill: Equatable {
    var pid: UInt32
    var process: String
    /// The limit of a control group was reached, not that of the host.
    var isGroupLimit: Bool
    /// Memory that it held itself, in KiB.
    var anonymousKiB: UInt64?

    /// Of `Out of memory: Killed process 4242 (java) total-vm:8123456kB, anon-rss:7123456kB, ...` and its relatives.
    init?(_ text: String) {
        let mark = "Killed process "
        guard let start = text.range(of: mark) else { return nil }
        let rest = text[start.upperBound...]
        // A process may have that for its name, and then nothing of what follows needs to be there.
        guard let open = rest.range(of: " ("),
            let pid = rest[..<open.lowerBound].split(separator: ",").first.flatMap({ UInt32($0) }),
            // A name may have brackets in it.
            let close = rest.range(of: ") total-vm") ?? rest.range(of: "), ") ?? rest.range(of: ")")
        else { return nil }
        guard open.upperBound <= close.lowerBound else { return nil }
        self.pid = pid
        process = String(rest[open.upperBound..<close.lowerBound])
        isGroupLimit = text.hasPrefix("Memory cgroup")
        anonymousKiB = rest.range(of: "anon-rss:").flatMap { found in
            UInt64(rest[found.upperBound...].prefix { $0.isNumber })
        }
    }

    var event: HostEvent {
        var attributes = [(name: "pid", value: "\(pid)"), (name: "process", value: process)]
        if let anonymousKiB { attributes.append(("anon_rss_kib", "\(anonymousKiB)")) }
        attributes.append(("scope", isGroupLimit ? "cgroup" : "host"))
        let reason = isGroupLimit ? "its control group had no memory left" : "the host had no memory left"
        return HostEvent(
            kind: .oomKill, severity: .critical, unit: process,
            message: "the kernel killed \(process) (\(pid)): \(reason)", attributes: attributes)
    }
}

extension StringProtocol {
    /// Where `text` first is in this.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
