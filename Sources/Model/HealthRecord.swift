/// One health check of a host. Percentages are 0 to 100; nil is what the host does not give.
package struct HealthRecord: Sendable, Equatable {
    package struct Service: Sendable, Equatable {
        package var name: String
        /// As the host calls it: `active`, `failed`...
        package var state: String
        package var detail: String

        package init(name: String, state: String, detail: String) {
            self.name = name
            self.state = state
            self.detail = detail
        }
    }

    package var agent: AgentID
    package var time: WallTime
    package var cpuUsage: Double?
    package var memoryUsage: Double?
    /// Of the fullest file system...
    package var diskUsage: Double?
    /// ...which is this one.
    package var diskMountPoint: String?
    package var swapUsage: Double?
    package var load1: Double?
    package var load5: Double?
    package var load15: Double?
    package var coreCount: Int?
    package var uptimeSeconds: UInt64?
    package var services: [Service] = []
    package var unhealthyContainers: [String] = []
    package var failedUnits: [String] = []

    package init(agent: AgentID, time: WallTime) {
        self.agent = agent
        self.time = time
    }
}
