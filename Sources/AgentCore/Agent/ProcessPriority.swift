import CProcess
import Glibc

/// How far the agent, and the commands that it runs, stand back behind the host's own work.
package enum ProcessPriority: String, CaseIterable, Sendable {
    case normal
    /// Nice 10.
    case low
    /// Runs, and reads and writes disks, when nothing else does (`SCHED_IDLE`).
    case idle

    /// For this process and what it starts. Before there is a second thread. Returns what went wrong.
    func apply() -> String? {
        let code: Int32 =
            switch self {
            case .normal: 0
            case .low: cp_stand_back(false)
            case .idle: cp_stand_back(true)
            }
        return code == 0 ? nil : "cannot take the priority \(rawValue): \(String(cString: strerror(code)))"
    }
}
