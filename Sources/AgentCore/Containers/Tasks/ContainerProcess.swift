import Glibc
import JSON

/// The process of a command that the engine runs in a container, as this host sees it. It leads a process group.
struct ContainerProcess {
    let pid: Int32

    /// - Parameter answer: to `GET /exec/{id}/json`.
    init?(_ answer: Result<JSONValue, EngineError>) {
        guard case .success(let exec) = answer, exec["Running"]?.bool == true,
            let pid = exec["Pid"]?.int.flatMap(Int32.init(exactly:)), pid > 1,
            let id = exec["ContainerID"]?.string, id.utf8.count >= 12, Self.isIn(id, pid)
        else { return nil }
        self.pid = pid
    }

    /// Whether this host's process of that number is one of the container: the agent may live in another world of
    /// processes than the engine.
    private static func isIn(_ container: String, _ pid: Int32) -> Bool {
        let buffer = ReadBuffer()
        return withExtendedLifetime(buffer) { buffer.contents(of: "/proc/\(pid)/cgroup")?.text.contains(container) }
            ?? false
    }

    /// False when it may not be signalled; one that has gone may.
    func signal(_ number: Int32) -> Bool { kill(-pid, number) == 0 || errno == ESRCH }
}
