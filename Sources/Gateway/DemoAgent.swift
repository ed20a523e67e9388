import Glibc
import Options

/// The agent that `sluice demo` runs beside the gateway: the program `sluice-agent` from the same directory.
struct DemoAgent {
    private let pid: pid_t

    /// - Parameters:
    ///   - gateway: where the gateway accepts agents.
    ///   - state: directory that the agent may keep its state under.
    static func start(gateway: String, state: String) throws(StartError) -> DemoAgent {
        let program = ownDirectory() + "/sluice-agent"
        let arguments = [
            program, "--gateway", gateway, "--allow", "shell", "--state-dir", state + "/agent", "--log-level",
            "warning",
        ]
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The gateway blocks signals, which the agent must not inherit.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)  // stdout is the gateway's own
        var pid: pid_t = 0
        // The gateway's own variables are not the agent's.
        let environment = Program.processEnvironment().filter { !$0.key.hasPrefix("SLUICE_") }
        let pointers = arguments.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in pointers + variables { free(pointer) } }
        guard posix_spawn(&pid, program, &actions, &attributes, pointers, variables) == 0 else {
            throw .noAgentProgram(program)
        }
        return DemoAgent(pid: pid)
    }

    func stop() {
        kill(pid, SIGTERM)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    private static func ownDirectory() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
