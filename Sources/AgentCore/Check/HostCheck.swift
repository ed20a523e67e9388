import Glibc
import Model

/// Looks at the host as the streams would, and says what each of them can do. Opens files and programs' paths; changes
/// nothing, and keeps nothing open.
struct HostCheck {
    let configuration: AgentConfiguration
    let host: HostReadings

    init(_ configuration: AgentConfiguration, root: HostRoot = HostRoot()) {
        self.configuration = configuration
        host = HostReadings(root: root)
    }

    /// In the order of the contract's table of stream types.
    func streams() -> [CheckItem] {
        [
            task("shell_output", kind: "shell"), dockerTasks(),
            container("container_logs", isWanted: configuration.containerHost?.isExplicit ?? false), metrics(),
            health(), events(), logs(), task("deployment_status", kind: "deploy"),
        ]
    }

    // MARK: - Samples

    private func metrics() -> CheckItem {
        let missing = [
            ("CPU", "/proc/stat"), ("memory", "/proc/meminfo"), ("disks", "/proc/diskstats"),
            ("file systems", "/proc/self/mountinfo"), ("network", "/proc/net/dev"), ("load", "/proc/loadavg"),
        ].compactMap { part, path in problem(reading: path).map { "no \(part): \($0)" } }
        if missing.count == 6 {
            return CheckItem(
                name: "metrics", verdict: .no, reason: "/proc cannot be read",
                remedy: "mount it, and do not hide it (ProcSubset=, ProtectProc=)")
        }
        var notes = missing
        if TemperatureSensor(host: host).read() == nil { notes.append("no sensor of the processor's temperature") }
        return CheckItem(
            name: "metrics", verdict: missing.isEmpty ? .yes : .partly, reason: notes.joined(separator: ", "))
    }

    private func health() -> CheckItem {
        if let reason = host.reasonAgainstUnits() {
            return CheckItem(name: "health_check", verdict: .yes, reason: "without failed units: \(reason)")
        }
        return CheckItem(name: "health_check", verdict: .yes)
    }

    // MARK: - Events

    private func events() -> CheckItem {
        let sources = [
            ("oom_kill, kernel_error", "/dev/kmsg", "run as root or with CAP_SYSLOG"),
            ("login", "/var/log/wtmp", "run in the group utmp"),
            ("login_failed", "/var/log/btmp", "run as root or in the group utmp"),
            ("package_changed", "/var/log/dpkg.log", "run as root or in the group adm"),
        ]
        var missing: [String] = []
        var remedies: [String] = []
        for (kinds, path, remedy) in sources {
            guard let problem = problem(reading: path) else { continue }
            missing.append("no \(kinds): \(problem)")
            // A file that is not there is one that this host does not have; rights can be given.
            if access(host.root.path(path), F_OK) == 0 { remedies.append(remedy) }
        }
        return CheckItem(
            name: "system_events", verdict: missing.isEmpty ? .yes : .partly, reason: missing.joined(separator: ", "),
            remedy: remedies.joined(separator: ", "))
    }

    // MARK: - Logs

    private func logs() -> CheckItem {
        let parts = [
            configuration.logPaths.isEmpty ? nil : files(), configuration.readsJournal ? journal() : nil,
            configuration.containerLogs.isEmpty ? nil : container("", isWanted: true),
        ].compactMap { $0 }
        guard !parts.isEmpty else {
            return CheckItem(
                name: "log_aggregation", verdict: .no, reason: "no log files are named",
                remedy: "start with --log-path '/var/log/*.log' or --journal", isWanted: false)
        }
        let verdict: CheckItem.Verdict =
            parts.allSatisfy { $0.verdict == .no } ? .no : parts.allSatisfy { $0.verdict == .yes } ? .yes : .partly
        return CheckItem(
            name: "log_aggregation", verdict: verdict, reason: Self.joined(parts.map(\.reason)),
            remedy: Self.joined(parts.map(\.remedy)))
    }

    private func files() -> CheckItem {
        let paths = LogPatterns(patterns: configuration.logPaths).matches().files.map(\.path)
        let unreadable = paths.filter { access($0, R_OK) != 0 }
        var item = CheckItem(name: "", verdict: .yes, reason: paths.count == 1 ? "1 file" : "\(paths.count) files")
        if paths.isEmpty {
            item.verdict = .partly
            item.reason = "\(configuration.logPaths.joined(separator: ", ")) matches no file yet"
            item.remedy = "look whether the agent may read the directory"
        } else if let first = unreadable.first {
            item.verdict = unreadable.count == paths.count ? .no : .partly
            item.reason = "\(unreadable.count) of \(paths.count) files cannot be read, such as \(first)"
            item.remedy = "give the agent's user the group adm, or run as root"
        } else if paths.count > LogPatterns.maximumFiles {
            item.verdict = .partly
            item.reason += ", of which \(LogPatterns.maximumFiles) can be followed"
            item.remedy = "name fewer with --log-path"
        } else if configuration.stateDirectory == nil {
            item.verdict = .partly
            item.reason += ", but what is written while the agent is down is not sent"
            item.remedy = "start with --state-dir"
        }
        return item
    }

    private func journal() -> CheckItem {
        var item = CheckItem(name: "", verdict: .no)
        let directories = ["/var/log/journal", "/run/log/journal"].map(host.root.path)
        let present = directories.filter { access($0, F_OK) == 0 }
        if !host.programExists("journalctl") {
            item.reason = "there is no journalctl on the PATH"
            item.remedy = "install systemd, or leave --journal out"
        } else if present.isEmpty {
            item.reason = "this host keeps no journal"
            item.remedy = "run systemd-journald, or leave --journal out"
        } else if !present.contains(where: { access($0, R_OK | X_OK) == 0 }) {
            item.reason = "\(present[0]) cannot be read"
            item.remedy = "give the agent's user the group systemd-journal, or run as root"
        } else {
            item.verdict = .yes
            item.reason = "the journal"
        }
        return item
    }

    private static func joined(_ texts: [String]) -> String { texts.filter { !$0.isEmpty }.joined(separator: ", ") }

    // MARK: - Tasks and containers

    private func task(_ name: String, kind: String) -> CheckItem {
        guard configuration.allowedTasks.contains(kind) else {
            return CheckItem(
                name: name, verdict: .no, reason: "not allowed", remedy: "start with --allow \(kind)", isWanted: false)
        }
        guard host.programExists("bash") else {
            return CheckItem(name: name, verdict: .no, reason: "there is no bash on the PATH", remedy: "install bash")
        }
        if configuration.stateDirectory == nil {
            return CheckItem(
                name: name, verdict: .partly, reason: "commands outlive an agent that is killed",
                remedy: "start with --state-dir")
        }
        return CheckItem(name: name, verdict: .yes)
    }

    /// Looks whether the socket may be written to, without connecting: that may start an engine.
    private func container(_ name: String, isWanted: Bool) -> CheckItem {
        var item = CheckItem(name: name, verdict: .no, isWanted: isWanted)
        guard let engine = configuration.containerHost else {
            item.reason = "no container engine is to be used"
            item.remedy = "start without --docker-host none"
            return item
        }
        let present = engine.sockets.filter { access($0, F_OK) == 0 }
        if present.isEmpty {
            item.reason = "there is no \(engine.sockets.joined(separator: " and no "))"
            item.remedy = "start Docker or Podman, or name the socket with --docker-host"
        } else if let usable = present.first(where: { access($0, R_OK | W_OK) == 0 }) {
            item.verdict = .yes
            item.reason = usable
        } else {
            item.reason = "\(present[0]) cannot be used"
            item.remedy = "give the agent's user the group docker, or run as root"
        }
        return item
    }

    private func dockerTasks() -> CheckItem {
        let isAllowed = configuration.allowedTasks.contains("docker")
        let engine = container("docker_output", isWanted: isAllowed)
        guard engine.verdict == .no || isAllowed else {
            return CheckItem(
                name: "docker_output", verdict: .no, reason: "not allowed", remedy: "start with --allow docker",
                isWanted: false)
        }
        return engine
    }

    // MARK: -

    /// Why a file cannot be read; nil when it can.
    private func problem(reading path: String) -> String? {
        let descriptor = open(host.root.path(path), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor < 0 else {
            close(descriptor)
            return nil
        }
        return "\(path): \(StateFile.lastError())"
    }
}
