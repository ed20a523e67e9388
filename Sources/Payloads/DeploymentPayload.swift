package import JSON
package import Model

extension DeploymentStatus {
    /// `data` of `deployment_status`.
    /// - Parameter rawOutput: what was printed since the event before; nil where the reader does not want it.
    package func write(
        of deployment: DeploymentID, at time: WallTime, rawOutput: String?, to writer: inout JSONWriter
    ) {
        writer.object {
            $0.member("deployment_id", deployment)
            writeMembers(to: &$0)
            if let rawOutput { $0.member("raw_output", rawOutput) }
            $0.member("timestamp", unixSeconds: time)
        }
    }

    /// Into the object that is open.
    package func writeMembers(to writer: inout JSONWriter) {
        writer.member("status", phase.rawValue)
        writer.member("phase", phase.rawValue)
        writer.member("progress", progress)
        writer.member("message", message)
        writer.array("services") {
            for service in services {
                $0.object {
                    $0.member("name", service.name)
                    $0.member("state", service.state)
                    $0.member("health", service.health.rawValue)
                }
            }
        }
        writer.member("health", health.rawValue)
    }
}

extension DeploymentRecord {
    /// `data` of `deployment_complete`, once it has ended.
    package func writeCompletion(to writer: inout JSONWriter) {
        writer.object {
            $0.member("deployment_id", id)
            $0.member("success", isSuccess)
            $0.member("duration", seconds: duration(at: updatedAt))
            $0.member("summary", summary)
            $0.member("exit_code", exitCode)
        }
    }

    /// `GET /deployments/{id}`.
    package func write(to writer: inout JSONWriter, now: WallTime) {
        writer.object {
            $0.member("deployment_id", id)
            $0.member("name", name)
            $0.member("agent_id", agent)
            $0.member("task_id", task)
            status.writeMembers(to: &$0)
            $0.member("success", finishedAt == nil ? nil : isSuccess)
            $0.member("created_at", createdAt)
            $0.member("updated_at", updatedAt)
            $0.member("finished_at", finishedAt)
            $0.member("duration", seconds: duration(at: now))
            $0.member("summary", summary)
            $0.member("exit_code", exitCode)
        }
    }
}
