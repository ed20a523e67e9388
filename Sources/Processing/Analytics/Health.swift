package import Model

package enum HealthStatus: String, Sendable { case healthy, degraded, critical, unknown, offline }

/// What the health of a host is judged by. Nil is what is not known.
package struct HealthSigns: Sendable {
    package var isConnected: Bool
    /// Since the last health check or metrics sample; nil if there was none.
    package var lastCheckAge: Milliseconds?
    /// Percent of what there is. Disk: of the fullest.
    package var memoryUsage: Double?
    package var diskUsage: Double?
    package var cpuUsage: Double?
    /// `RiskAssessment.risk`.
    package var risk: Double
    package var hasCriticalAlert: Bool
    package var hasWarningAlert: Bool

    package init(
        isConnected: Bool, lastCheckAge: Milliseconds?, memoryUsage: Double? = nil, diskUsage: Double? = nil,
        cpuUsage: Double? = nil, risk: Double = 0, hasCriticalAlert: Bool = false, hasWarningAlert: Bool = false
    ) {
        self.isConnected = isConnected
        self.lastCheckAge = lastCheckAge
        self.memoryUsage = memoryUsage
        self.diskUsage = diskUsage
        self.cpuUsage = cpuUsage
        self.risk = risk
        self.hasCriticalAlert = hasCriticalAlert
        self.hasWarningAlert = hasWarningAlert
    }

    /// | | if any of |
    /// |---|---|
    /// | offline | not connected |
    /// | unknown | never checked, or not for `staleAfter` |
    /// | critical | a critical alert, risk ≥ 0.8, memory or disk ≥ 98 % |
    /// | degraded | a warning, risk ≥ 0.4, memory, disk or CPU ≥ 90 % |
    /// | healthy | none of these |
    ///
    /// - Parameter staleAfter: three health checks by default.
    package func status(staleAfter: Milliseconds = 90_000) -> HealthStatus {
        guard isConnected else { return .offline }
        guard let lastCheckAge, lastCheckAge <= staleAfter else { return .unknown }
        let fullest = max(memoryUsage ?? 0, diskUsage ?? 0)
        if hasCriticalAlert || risk >= 0.8 || fullest >= 98 { return .critical }
        if hasWarningAlert || risk >= 0.4 || max(fullest, cpuUsage ?? 0) >= 90 { return .degraded }
        return .healthy
    }
}
