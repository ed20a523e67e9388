import JSON
import Model
import Payloads
import Service

extension FleetAnalysis {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.array("agents") { for agent in agents { agent.write(to: &$0) } }
            $0.array("correlated_alerts") { for alert in correlated { alert.write(to: &$0) } }
            $0.member("total", agents.count)
        }
    }
}

extension HealthAnalysis {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("agent_id", agent)
            $0.member("current_health", health.rawValue)
            $0.member("last_check", lastCheck)
            $0.object("metrics") {
                $0.member("cpu_usage", cpuUsage)
                $0.member("memory_usage", memoryUsage)
                $0.member("disk_usage", diskUsage)
            }
            $0.object("predictions") { predictions.writeMembers(to: &$0) }
            $0.array("alerts") { for alert in alerts { alert.write(to: &$0) } }
            $0.name("health_check")
            if let check { check.write(to: &$0) } else { $0.null() }
        }
    }
}

extension HealthAnalysis.Predictions {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("risk", risk)
        writer.member("risk_level", riskLevel)
        writer.member("estimated_capacity_remaining", capacityRemaining)
        writer.member("limiting_resource", limitingResource)
    }
}

extension HealthRecord {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("timestamp", unixSeconds: time)
            $0.member("cpu_usage", cpuUsage)
            $0.member("memory_usage", memoryUsage)
            $0.member("disk_usage", diskUsage)
            $0.member("disk_mount_point", diskMountPoint)
            $0.member("swap_usage", swapUsage)
            $0.object("load") {
                $0.member("load1", load1)
                $0.member("load5", load5)
                $0.member("load15", load15)
            }
            $0.member("core_count", coreCount)
            $0.member("uptime_seconds", uptimeSeconds)
            $0.array("services") { for service in services { service.write(to: &$0) } }
            $0.array("unhealthy_containers", of: unhealthyContainers)
            $0.array("failed_units", of: failedUnits)
        }
    }
}

extension HealthRecord.Service {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", name)
            $0.member("state", state)
            $0.member("detail", detail)
        }
    }
}
