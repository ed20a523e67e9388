package import JSON
package import Model

extension DeploymentStatus {
    /// Into the object that is open.
    package func writeMembers(to writer: inout JSONWriter) {
        writeMembers(to: &writer, services: services.map { service in JSONWriter.render { service.write(to: &$0) } })
    }

    /// - Parameter services: each of them, rendered: `data` of `deployment_status` has many, of which few change.
    package func writeMembers(to writer: inout JSONWriter, services: some Sequence<[UInt8]>) {
        writer.member("status", phase.rawValue)
        writer.member("phase", phase.rawValue)
        writer.member("progress", progress)
        writer.member("message", message)
        writer.array("services") { for service in services { $0.raw(service) } }
        writer.member("health", health.rawValue)
    }
}

extension DeploymentService {
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", name)
            $0.member("state", state)
            $0.member("health", health.rawValue)
        }
    }
}

extension DeploymentCompletion {
    /// `data` of `deployment_complete`.
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("deployment_id", deployment)
            $0.member("success", isSuccess)
            $0.member("duration", seconds: duration)
            $0.member("summary", summary)
            $0.member("exit_code", exitCode)
        }
    }
}

extension DeploymentRecord {
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
