/// The kernel, the firewall, listening processes.
extension ThreatRule {
    static let hosts: [ThreatRule] = [
        ThreatRule(
            "new_listening_process", "New listening process", .medium,
            "a program says that it listens where it did not before; quiet in the first 10 minutes",
            on: KeywordSet(.listening), HostRules.newListener),
        ThreatRule(
            "segfault_burst", "Program crashes repeatedly", .high,
            "3 segmentation or protection faults of one program within a minute; again every 5 minutes",
            on: KeywordSet(.segfaultAt, .generalProtection), HostRules.segfaultBurst),
        ThreatRule(
            "oom_kill", "Killed for want of memory", .high, "the kernel killed a process because memory ran out",
            on: KeywordSet(.oomKilled, .oomKiller), HostRules.outOfMemory),
        ThreatRule(
            "firewall_drop_burst", "Firewall drops many packets", .medium,
            "50 packets from one address dropped within a minute; again every 5 minutes", on: KeywordSet(.source),
            HostRules.firewallBurst),
        ThreatRule(
            "port_scan", "Port scan", .high,
            "packets from one address to 15 different ports dropped within a minute; again every 5 minutes",
            on: KeywordSet(.source), HostRules.portScan),
        ThreatRule(
            "promiscuous_mode", "Network interface listens to all packets", .medium,
            "an interface entered promiscuous mode, other than the virtual ones of containers",
            on: KeywordSet(.promiscuous), HostRules.promiscuous),
        ThreatRule(
            "log_cleared", "Log or history cleared", .high, "a log or a shell's history was cleared",
            on: KeywordSet(.logCleared, .historyCleared), HostRules.logCleared),
    ]
}

private enum HostRules {
    private static let minute: Int64 = 60_000
    private static let pause: Int64 = 300_000
    private static let learning: Int64 = 600_000

    @Sendable static func newListener(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let found = indexIgnoringCase(line.message, "listening on") else { return nil }
        let place = listeningPlace(line.message, after: found + 12)
        guard !place.isEmpty else { return nil }
        let isNamedNew = line.message.containsIgnoringCase("new listening process")
        let key = line.component.prefix(64).string + " " + place
        let isLearning = line.time - (state.firstLine ?? line.time) < learning
        return state.update(.listeners, key) { window in
            let isKnown = window.total > 0
            _ = window.add(at: line.time, within: .max, threshold: 1)
            return isNamedNew || (!isKnown && !isLearning) ? ThreatFinding(note: place) : nil
        }
    }

    /// `0.0.0.0:8080`, `127.0.0.1 port 22`, `port 8080`; empty where no digit is near.
    private static func listeningPlace(_ message: ByteText, after start: Int) -> String {
        var rest = message.slice(start, start + 64)
        if let end = rest.index(of: UInt8(ascii: ",")) { rest = rest.prefix(end) }
        var words = rest.trimmed
        if words[words.count - 1] == UInt8(ascii: ".") { words = words.prefix(words.count - 1) }
        return words.buffer.contains(where: \.isDigit) ? words.string : ""
    }

    private static func indexIgnoringCase(_ text: ByteText, _ word: StaticString) -> Int? {
        guard text.count >= word.utf8CodeUnitCount else { return nil }
        return (0...text.count - word.utf8CodeUnitCount).first { text.hasIgnoringCase(word, at: $0) }
    }

    @Sendable static func segfaultBurst(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        // kernel: nginx[123]: segfault at 0 ip ...; traps: nginx[123] general protection fault ...
        guard line.isOf("kernel") || line.component.isEmpty, let bracket = line.message.index(of: UInt8(ascii: "["))
        else {
            return nil
        }
        var start = bracket
        while start > 0, line.message[start - 1] != 0x20 { start -= 1 }
        let program = line.message.slice(start, bracket).prefix(64).string
        return state.update(.segfaults, program) { window in
            guard window.add(at: line.time, within: minute, threshold: 3) >= 3,
                window.mayReport(at: line.time, pause: pause)
            else { return nil }
            return ThreatFinding(note: "\(window.total) faults of \(program)")
        }
    }

    @Sendable static func outOfMemory(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.isOf("kernel") || line.component.isEmpty || line.isOf("systemd-oomd") else { return nil }
        return line.message.contains("Killed process ") || line.message.has("Killed ") ? ThreatFinding() : nil
    }

    @Sendable static func firewallBurst(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let source = droppedPacket(line) else { return nil }
        return state.update(.firewallDrops, source) { window in
            guard window.add(at: line.time, within: minute, threshold: 50) >= 50,
                window.mayReport(at: line.time, pause: pause)
            else { return nil }
            return ThreatFinding(source: source, note: "\(window.total) packets")
        }
    }

    @Sendable static func portScan(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard let source = droppedPacket(line), let port = line.value(after: "DPT=") else { return nil }
        return state.update(.firewallDrops, source) { window in
            let ports = window.addDifferent(StableHash.of(port.buffer), at: line.time, within: minute)
            guard ports == 15, window.session == 0 || line.time > Int64(clamping: window.session) else { return nil }
            window.session = UInt64(clamping: line.time + pause)
            return ThreatFinding(source: source, note: "\(ports) ports")
        }
    }

    /// The source of a packet that netfilter logged, unless the rule's own prefix says that it let it pass.
    private static func droppedPacket(_ line: ThreatLine) -> String? {
        guard line.message.contains("PROTO="), line.message.contains("IN="),
            !line.message.containsIgnoringCase("accept"), !line.message.containsIgnoringCase("allow"),
            let source = line.value(after: "SRC="), Mask.isIPv4(source) || Mask.isIPv6(source)
        else { return nil }
        return source.string
    }

    @Sendable static func promiscuous(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        guard line.isOf("kernel") || line.component.isEmpty else { return nil }
        let isVirtual =
            line.message.contains("veth") || line.message.contains("docker") || line.message.contains("br-")
            || line.message.contains("cali") || line.message.contains("cni")
        return isVirtual ? nil : ThreatFinding()
    }

    @Sendable static func logCleared(_ line: ThreatLine, _ state: inout ThreatState) -> ThreatFinding? {
        if line.keywords.contains(.logCleared) { return ThreatFinding() }
        return line.isOf("sudo") || line.isOf("bash") || line.isOf("audit") ? ThreatFinding() : nil
    }
}
