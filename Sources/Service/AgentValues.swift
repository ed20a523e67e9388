package import Model

package enum AgentHealth: String, CaseIterable, Sendable { case healthy, degraded, critical, unknown, offline }

/// One agent as the API shows it.
package struct AgentView: Sendable, Equatable {
    package var id: AgentID
    package var hostname: String
    package var version: String
    package var isConnected: Bool
    /// Nil while it is away.
    package var connectedSince: WallTime?
    package var lastSeen: WallTime
    /// IP and port of its connection, or of the last one.
    package var address: String
    package var labels: [String: String]
    /// What it can stream and which tasks it allows.
    package var capabilities: [String]
    package var streamsActive: Int
    package var tasksRunning: Int
    package var health: AgentHealth

    package init(
        id: AgentID, hostname: String, version: String, isConnected: Bool, connectedSince: WallTime?,
        lastSeen: WallTime, address: String, labels: [String: String] = [:], capabilities: [String] = [],
        streamsActive: Int = 0, tasksRunning: Int = 0, health: AgentHealth
    ) {
        self.id = id
        self.hostname = hostname
        self.version = version
        self.isConnected = isConnected
        self.connectedSince = connectedSince
        self.lastSeen = lastSeen
        self.address = address
        self.labels = labels
        self.capabilities = capabilities
        self.streamsActive = streamsActive
        self.tasksRunning = tasksRunning
        self.health = health
    }
}

/// One row of `GET /metrics/agents`.
package struct MetricsAgentView: Sendable, Equatable {
    package var id: AgentID
    package var isConnected: Bool
    package var lastSeen: WallTime
    /// When its last metrics came.
    package var lastUpdate: WallTime?
    package var isStreaming: Bool
    package var hasSystemInfo: Bool
    package var hasMetrics: Bool

    package init(
        id: AgentID, isConnected: Bool, lastSeen: WallTime, lastUpdate: WallTime?, isStreaming: Bool,
        hasSystemInfo: Bool, hasMetrics: Bool
    ) {
        self.id = id
        self.isConnected = isConnected
        self.lastSeen = lastSeen
        self.lastUpdate = lastUpdate
        self.isStreaming = isStreaming
        self.hasSystemInfo = hasSystemInfo
        self.hasMetrics = hasMetrics
    }
}

/// Which parts of the system information to read anew.
package struct SystemParts: Sendable, Equatable {
    package var hardware = true
    package var software = true
    package var network = true

    package init() {}
}
