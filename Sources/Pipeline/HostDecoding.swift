import Model
import Wire

// Health checks, events and times of agents as the gateway's own values.

extension HealthRecord {
    init(_ wire: WireHealthCheck, of agent: AgentID, at time: WallTime) {
        self.init(agent: agent, time: time)
        cpuUsage = Self.percent(wireValue(wire.has_cpu_usage_percent, wire.cpu_usage_percent))
        memoryUsage = Self.percent(wireValue(wire.has_memory_usage_percent, wire.memory_usage_percent))
        diskUsage = Self.percent(wireValue(wire.has_disk_usage_percent, wire.disk_usage_percent))
        diskMountPoint = wire.has_disk_mount_point == 0 ? nil : String(wire: wire.disk_mount_point)
        swapUsage = Self.percent(wireValue(wire.has_swap_usage_percent, wire.swap_usage_percent))
        if let load = wire.load?.pointee {
            load1 = Self.finite(wireValue(load.has_load1, load.load1))
            load5 = Self.finite(wireValue(load.has_load5, load.load5))
            load15 = Self.finite(wireValue(load.has_load15, load.load15))
        }
        coreCount = wireValue(wire.has_core_count, wire.core_count).map(Int.init)
        uptimeSeconds = wireValue(wire.has_uptime_seconds, wire.uptime_seconds)
        services = WireList(wire.n_services, wire.services).prefix(Self.mostListed).map { service in
            Service(
                name: String(wire: service.pointee.name), state: String(wire: service.pointee.state),
                detail: String(wire: service.pointee.detail))
        }
        unhealthyContainers = Array(
            wireStrings(wire.n_unhealthy_containers, wire.unhealthy_containers).prefix(Self.mostListed))
        failedUnits = Array(wireStrings(wire.n_failed_units, wire.failed_units).prefix(Self.mostListed))
    }

    /// More than an honest host has wrong with it.
    private static let mostListed = 256

    private static func percent(_ value: Double?) -> Double? {
        value.flatMap { (0...100).contains($0) ? $0 : nil }
    }

    private static func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
}

extension SystemEvent {
    /// - Parameter now: when it came, for one that does not say when it was.
    init(_ wire: WireSystemEvent, of agent: AgentID, now: WallTime) {
        var severity = SystemEventSeverity.info
        if wire.has_severity != 0, wire.severity == .warning { severity = .warning }
        if wire.has_severity != 0, wire.severity == .critical { severity = .critical }
        self.init(
            time: WallTime(unixSeconds: wireValue(wire.has_timestamp, wire.timestamp), now: now), agent: agent,
            kind: Self.kind(wire.kind), severity: severity, unit: String(wire: wire.unit),
            message: String(wire: wire.message),
            attributes: Dictionary(
                WireList(wire.n_attributes, wire.attributes).prefix(Self.mostAttributes).map { attribute in
                    (String(wire: attribute.pointee.name), String(wire: attribute.pointee.value))
                }, uniquingKeysWith: { _, later in later }))
    }

    private static let mostAttributes = 64

    private static func kind(_ field: UnsafePointer<CChar>?) -> String {
        guard let text = wireString(field), IdentifierRules.isValid(text) else { return "unknown" }
        return text
    }
}

extension WallTime {
    /// A time in seconds as a host tells it. One that cannot be, or is more than a day ahead, is `now`.
    init(unixSeconds seconds: Double?, now: WallTime) {
        guard let seconds, seconds.isFinite, seconds > 0, seconds < 1e11 else {
            self = now
            return
        }
        let time = WallTime(millisecondsSince1970: Int64((seconds * 1_000).rounded()))
        self = time < now + 86_400_000 ? time : now
    }
}
