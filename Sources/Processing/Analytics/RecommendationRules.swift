import Model

/// The rules, the most urgent first. A rule is one row: its id never changes, for people silence by it.
///
/// CPU, I/O and load are judged by their running median, so that a recommendation does not come and go with every sample.
extension RecommendationRule {
    static let table: [RecommendationRule] = [
        RecommendationRule(
            id: "memory_exhaustion", severity: .critical, title: "Memory is running out",
            action: "Restart or limit what grows before the kernel kills something: {culprits}. "
                + "Give it a memory limit (systemd MemoryMax=, docker --memory).",
            culprits: \.memoryCulprits,
            findings: { facts in facts.issue(.memory).map { [Finding(because: $0.message)] } ?? [] }),
        RecommendationRule(
            id: "disk_exhaustion", severity: .critical, title: "Disk {subject} is filling up",
            action: "Find what grows (du -xh --max-depth=2 {subject} | sort -h | tail), rotate or remove it, "
                + "or enlarge the file system.",
            findings: { facts in
                facts.issues.compactMap { issue in
                    guard case .disk(let path) = issue.resource else { return nil }
                    return Finding(subject: path, because: issue.message)
                }
            }),
        RecommendationRule(
            id: "disk_nearly_full", severity: .warning, title: "Disk {subject} is nearly full",
            action: "Free space on {subject}: old logs (journalctl --vacuum-size=500M), package caches, "
                + "unused images (docker system prune), or enlarge it.",
            findings: { facts in
                facts.sample.mounts.compactMap { mount in
                    guard let used = mount.capacity.fraction, used >= 0.9 else { return nil }
                    let left = ShortText.bytes(mount.capacity.totalBytes - mount.capacity.usedBytes)
                    return Finding(subject: mount.path, because: "\(percent(used)) used, \(left) left")
                }
            }),
        RecommendationRule(
            id: "memory_high", severity: .warning, title: "Memory is nearly used up",
            action: "Stop, move or limit the largest: {culprits}; or give the host more memory.",
            culprits: \.largestProcesses,
            findings: { facts in above(.memoryUsage, 90, in: facts.values, "memory used") }),
        RecommendationRule(
            id: "swap_exhaustion", severity: .warning, title: "Swap is running out",
            action: "What does not fit into memory grows: restart or limit {culprits}.",
            culprits: \.memoryCulprits,
            findings: { facts in facts.issue(.swap).map { [Finding(because: $0.message)] } ?? [] }),
        RecommendationRule(
            id: "memory_thrashing", severity: .warning, title: "The host works from swap",
            action: "Reduce what is in memory, the largest first: {culprits}; the host waits for its disk instead.",
            culprits: \.largestProcesses,
            findings: { facts in
                guard let swap = facts.values[.swapUsage], let memory = facts.values[.memoryUsage],
                    swap >= 50, memory >= 85
                else { return [] }
                return [Finding(because: "\(whole(swap)) % of swap and \(whole(memory)) % of memory used")]
            }),
        RecommendationRule(
            id: "container_memory", severity: .warning, title: "Container {subject} is close to its memory limit",
            action: "Raise the limit of {subject} (docker update --memory) or find what it keeps; "
                + "at the limit the kernel kills it.",
            findings: { facts in
                facts.sample.containers.compactMap { container in
                    guard let limit = container.memoryLimitBytes, limit > 0, container.memoryBytes >= 0.9 * limit
                    else { return nil }
                    return Finding(
                        subject: container.name,
                        because: "\(ShortText.bytes(container.memoryBytes)) of \(ShortText.bytes(limit))")
                }
            }),
        RecommendationRule(
            id: "cpu_saturated", severity: .warning, title: "The CPU has been busy for long",
            action: "Look at the busiest: {culprits}; lower their priority or their number, or add cores.",
            culprits: \.busiestProcesses,
            findings: { facts in above(.cpuUsage, 85, in: facts.usual, "CPU, median of the last minutes") }),
        RecommendationRule(
            id: "disk_bound", severity: .warning, title: "The host waits for its disks",
            action:
                "Find who reads and writes (iotop -oPa), move or slow it down; check the disk itself (smartctl -a).",
            findings: { facts in above(.cpuIOWait, 25, in: facts.usual, "CPU waiting for I/O, median") }),
        RecommendationRule(
            id: "load_high", severity: .info, title: "More work is waiting than the cores can do",
            action: "Look at the busiest: {culprits}; tasks in uninterruptible sleep count too (ps -eo state,cmd).",
            culprits: \.busiestProcesses,
            findings: { facts in
                guard let cores = facts.sample.coreCount, cores > 0, let load = facts.usual[.load1],
                    load >= 2 * Double(cores)
                else { return [] }
                return [Finding(because: "load \(ShortText.number(load)) (median) on \(cores) cores")]
            }),
        RecommendationRule(
            id: "processes_multiply", severity: .warning, title: "The number of processes keeps growing",
            action: "Find who starts them and does not wait for them (ps -eo ppid= | sort | uniq -c | sort -n | tail).",
            findings: { facts in
                guard let trend = facts.trend(.processesTotal), trend.direction == .rising,
                    let total = facts.values[.processesTotal],
                    trend.slopePerHour >= max(100, 0.5 * total)
                else { return [] }
                return [Finding(because: "\(whole(total)) processes, \(whole(trend.slopePerHour)) more per hour")]
            }),
        RecommendationRule(
            id: "zombies", severity: .info, title: "Processes have ended that nobody waits for",
            action: "Restart or mend their parent (ps -eo ppid,state,cmd | awk '$2==\"Z\"').",
            findings: { facts in
                guard let zombies = facts.values[.processesZombie], zombies >= 20 else { return [] }
                return [Finding(because: "\(whole(zombies)) zombies")]
            }),
        RecommendationRule(
            id: "temperature_high", severity: .warning, title: "The CPU is hot",
            action: "Check fans, dust and the room; the CPU slows itself down when it gets hotter.",
            findings: { facts in
                guard let degrees = facts.usual[.cpuTemperature], degrees >= 90 else { return [] }
                return [Finding(because: "\(whole(degrees)) °C, median of the last minutes")]
            }),
    ]

    private static func above(_ metric: MetricKey, _ limit: Double, in values: MetricValues, _ what: String)
        -> [Finding]
    {
        guard let value = values[metric], value >= limit else { return [] }
        return [Finding(because: "\(ShortText.number(value)) % \(what)")]
    }

    private static func percent(_ fraction: Double) -> String { "\(ShortText.number(100 * fraction)) %" }

    private static func whole(_ value: Double) -> String { "\(ShortText.whole(value))" }
}
