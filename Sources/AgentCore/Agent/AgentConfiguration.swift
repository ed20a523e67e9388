package import Diagnostics
import Glibc
package import Logging
import Model
package import Options
package import Reactor

/// What an agent is started with, checked.
package struct AgentConfiguration: Sendable {
    package var gateway: Endpoint
    package var id: String
    package var hostname: String
    package var version: String
    package var token: String?
    /// Nil: the gateway speaks plain TCP.
    package var tls: TLSContext?
    /// Kinds of tasks that it may run.
    package var allowedTasks: Set<String>
    package var labels: [String: String]
    /// Where it keeps what must survive a restart: the token that an enrolment gave it. Nil: nowhere.
    package var stateDirectory: String?
    /// Unacknowledged task output that it keeps at most.
    package var spoolBytes: Int
    /// So long commands wait, once the spool is full, for a gateway that has gone away.
    package var awayGrace: Duration
    /// Patterns of the log files that it follows.
    package var logPaths: [String]
    /// Names of the containers, or patterns of them, whose logs it follows.
    package var containerLogs: [String]
    /// Where the container engine is; nil: nowhere.
    package var containerHost: ContainerHost?
    /// The journal is a source of log lines and of events.
    package var readsJournal: Bool
    /// Services that health checks try to reach.
    package var services: [WatchedService]
    package var priority: ProcessPriority
    package var logLevel: Logger.Level
    package var logFormat: LogFormat

    package init(gateway: Endpoint, id: String, version: String) {
        self.gateway = gateway
        self.id = id
        self.version = version
        hostname = hostName()
        allowedTasks = []
        labels = [:]
        spoolBytes = TaskLimits().spoolBytes
        awayGrace = TaskLimits().awayGrace
        logPaths = []
        containerLogs = []
        containerHost = .standard
        readsJournal = false
        services = []
        priority = .normal
        logLevel = .info
        logFormat = .standard
    }

    /// From the parsed options of `AgentOptions.program`.
    package init(_ invocation: Invocation, version: String) throws(AgentExit) {
        let id = invocation[AgentOptions.id] ?? hostName()
        self.init(gateway: invocation[AgentOptions.gateway], id: id, version: version)
        guard gateway.port != 0 else {
            throw .usage("--gateway: a gateway has no port 0")
        }
        guard IdentifierRules.isValid(id) else {
            throw .usage(
                "--id: '\(id)' is not allowed: 1 to \(IdentifierRules.maximumLength) characters of A-Z a-z 0-9 . _ : @ -"
            )
        }
        allowedTasks = Set(invocation[AgentOptions.allow])
        labels = invocation[AgentOptions.labels]
        stateDirectory = invocation[AgentOptions.stateDirectory]
        spoolBytes = invocation[AgentOptions.spoolBytes]
        logPaths = invocation[AgentOptions.logPaths]
        containerHost = try Self.containerHost(invocation)
        containerLogs = invocation[AgentOptions.containerLogs]
        guard containerLogs.isEmpty || stateDirectory != nil else {
            throw .usage("--container-log needs --state-dir, to go on where it stood after a restart")
        }
        guard containerLogs.isEmpty || containerHost != nil else {
            throw .usage("--container-log needs an engine, and there is none with --docker-host none")
        }
        readsJournal = invocation[AgentOptions.journal]
        guard !readsJournal || stateDirectory != nil else {
            throw .usage("--journal needs --state-dir, to go on where it stood after a restart")
        }
        services = try Self.services(invocation)
        priority = ProcessPriority(rawValue: invocation[AgentOptions.priority]) ?? .normal
        logLevel = Logger.Level(rawValue: invocation[AgentOptions.logLevel]) ?? .info
        logFormat = invocation[AgentOptions.logFormat].flatMap(LogFormat.init) ?? .standard
        tls = try Self.tls(invocation)
        if let path = invocation[AgentOptions.tokenFile] { token = try TokenFile.read(path) }
    }

    /// Where entries of the journal wait for the gateway; nil where it is not read.
    var journalDirectory: String? {
        readsJournal ? stateDirectory.map { "\($0)/journal-\(id)" } : nil
    }

    /// Where lines of containers wait for the gateway; nil where none are followed.
    var containerLogDirectory: String? {
        containerLogs.isEmpty ? nil : stateDirectory.map { "\($0)/containers-\(id)" }
    }

    private static func services(_ invocation: Invocation) throws(AgentExit) -> [WatchedService] {
        var services: [WatchedService] = []
        for (name, address) in invocation[AgentOptions.services].sorted(by: { $0.key < $1.key }) {
            guard let service = WatchedService(name: name, address: address) else {
                throw .usage("--watch-service: '\(name)=\(address)' is not NAME=HOST:PORT")
            }
            services.append(service)
        }
        guard services.count <= WatchedService.maximum else {
            throw .usage("--watch-service: at most \(WatchedService.maximum)")
        }
        return services
    }
}

extension AgentConfiguration {
    /// `DOCKER_HOST` is there for other programs: where it names an engine that this one does not speak with, that is no
    /// reason not to start.
    private static func containerHost(_ invocation: Invocation) throws(AgentExit) -> ContainerHost? {
        guard let text = invocation[AgentOptions.dockerHost] else { return .standard }
        if text == "none" { return nil }
        guard let host = ContainerHost(text) else {
            if invocation.origin(of: AgentOptions.dockerHost) == .environment(variable: "DOCKER_HOST") { return nil }
            throw .usage("--docker-host (or DOCKER_HOST): '\(text)' is not allowed: \(ContainerHost.allowed)")
        }
        return host
    }
}

/// The command line of `sluice-agent`.
package enum AgentOptions {
    static let gateway = Option<Endpoint>.endpoint(
        "gateway", default: "127.0.0.1:9090", help: "The gateway to connect to")
    static let id = Option<String?>.string(
        "id", placeholder: "ID", help: "Name of this agent, unique in the fleet (default: the host's name)")
    static let tokenFile = Option<String?>.string(
        "token-file", placeholder: "FILE", help: "File with the agent's token or an enrolment token")
    static let tlsAuthorities = Option<String?>.string(
        "tls-ca", placeholder: "FILE",
        help: "Speak TLS; CAs that may have signed the gateway's certificate (PEM), or system for those of this host")
    static let tlsCertificate = Option<String?>.string(
        "tls-cert", placeholder: "FILE", help: "Certificate to show to a gateway that demands one (PEM, with its chain)"
    )
    static let tlsKey = Option<String?>.string(
        "tls-key", placeholder: "FILE", help: "Private key of --tls-cert (PEM, without a passphrase)")
    static let labels = Option<[String: String]>.pairs("label", help: "Label of this agent")
    static let allow = Option<[String]>.list(
        "allow", allowed: ["shell", "docker", "deploy"], help: "Kinds of tasks that this agent may run (default: none)")
    static let stateDirectory = Option<String?>.string(
        "state-dir", placeholder: "DIR",
        help: "Where the agent keeps what must survive a restart: its token, where it is in log files")
    static let spoolBytes = Option<Int>.byteSize(
        "spool-bytes", default: "16MiB", in: 64 << 10...1 << 30,
        help: "Task output kept for a gateway that is away; beyond it the oldest goes")
    static let logPaths = Option<[String]>.list(
        "log-path", placeholder: "GLOB",
        help: "Log files to follow, such as '/var/log/*.log'; new ones are found (default: none)")
    static let dockerHost = Option<String?>.string(
        "docker-host", placeholder: "SOCKET",
        help: "Socket of Docker or Podman, such as unix:///run/podman/podman.sock, or none "
            + "(default: the first of \(ContainerEngine.standardSockets.joined(separator: ", ")))"
    ).honouring(variable: "DOCKER_HOST")
    static let containerLogs = Option<[String]>.list(
        "container-log", placeholder: "NAME",
        help: "Containers whose logs are followed as log files are: names or patterns such as '*' (default: none)")
    static let journal = Option<Bool>.boolean(
        "journal", help: "Follow the journal of systemd: its entries as log lines, failed units as events")
    static let services = Option<[String: String]>.pairs(
        "watch-service", placeholder: "NAME=HOST:PORT",
        help: "A service whose port health checks try to reach, such as web=127.0.0.1:80 (default: none)")
    static let priority = Option<String>.choice(
        "priority", of: ProcessPriority.allCases.map(\.rawValue), default: ProcessPriority.normal.rawValue,
        help:
            "How the agent and what it runs stand back behind others: low is nice 10, idle runs when nothing else does")
    static let logLevel = Option<String>.choice(
        "log-level", of: Logger.Level.allCases.map(\.rawValue), default: "info", help: "The least level that is logged")
    static let logFormat = Option<String?>.choice(
        "log-format", of: LogFormat.allCases.map(\.rawValue),
        help: "Format of the log on stderr (default: text on a terminal, else json)")

    package static func program(version: String) -> Program {
        let summary = "Streams this host to a Sluice gateway and runs its tasks"
        return Program(
            name: "sluice-agent", version: version, summary: summary,
            commands: [
                Command([], summary: summary, groups: groups),
                Command(
                    ["check"], summary: "Say what this host can stream with these options, and why not",
                    groups: [OptionGroup("Output", [CheckCommand.asJSON])] + groups),
            ])
    }

    private static let groups = [
        OptionGroup("Connection", [gateway, id, tokenFile, labels]),
        OptionGroup("TLS", [tlsAuthorities, tlsCertificate, tlsKey]),
        OptionGroup("Tasks", [allow, spoolBytes]),
        OptionGroup("Streams", [logPaths, journal, containerLogs, services]),
        OptionGroup("Containers", [dockerHost]),
        OptionGroup("Process", [stateDirectory, priority]),
        OptionGroup("Logging", [logLevel, logFormat]),
    ]
}

private func hostName() -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard gethostname(buffer.baseAddress!, buffer.count - 1) == 0 else { return "localhost" }
        buffer[buffer.count - 1] = 0
        return String(cString: buffer.baseAddress!)
    }
}
