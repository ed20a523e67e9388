import JSON
import Model
import Payloads
import Service

extension ContainerView {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("image", image)
            $0.member("state", state)
            $0.member("status", status)
            $0.member("health", health)
            $0.member("created_at", createdAt)
            $0.member("cpu_percent", cpuPercent)
            $0.member("memory_bytes", memoryBytes)
            $0.member("memory_limit_bytes", memoryLimitBytes)
            $0.array("ports", of: ports)
        }
    }
}
