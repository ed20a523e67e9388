import Model
import Service

extension FakeGateway {
    /// What was asked for of what is stored and made of it.
    struct Processing {
        var history: MetricsHistoryQuery?
        var events: SystemEventQuery?
        var logs: LogQuery?
        var patterns: LogPatternQuery?
        var alerts: AlertSelection?
        var acknowledged: AlertID?
        var silence: NewSilence?
        var rules: [AlertRule] = []
        var deployment: DeploymentRequest?
        var deployments: DeploymentSelection?
    }

    static let alert = AlertID("alr_1")
    static let silence = SilenceID("sil_1")
    static let deployment = DeploymentID("dep_1")
}

// MARK: - History

extension FakeGateway {
    /// Two stretches of ten seconds; in the second one there was no temperature.
    func metricsHistory(_ query: MetricsHistoryQuery, for principal: Principal) async throws -> MetricsHistory {
        update { $0.processing.history = query }
        try check(query.agent == Self.agent, .agent, query.agent.text)
        var first = RollUp(start: Self.time, duration: 10_000)
        var second = RollUp(start: Self.time + 10_000, duration: 10_000)
        for (usage, temperature) in [(10.0, 40.0), (20.0, 50.0)] {
            var values = MetricValues()
            values[.cpuUsage] = usage
            values[.cpuTemperature] = temperature
            values[.memoryTotal] = 16_000_000_000
            first.add(values)
            values[.cpuTemperature] = nil
            second.add(values)
        }
        return MetricsHistory(resolution: 10_000, points: [first, second], isTruncated: true)
    }

    func systemEvents(_ query: SystemEventQuery, page: PageRequest, for principal: Principal) async throws -> Page<
        SystemEvent
    > {
        update {
            $0.processing.events = query
            $0.page = page
        }
        try check(query.agent == Self.agent, .agent, query.agent.text)
        return page.slice([
            SystemEvent(
                time: Self.time, agent: Self.agent, kind: "oom_kill", severity: .critical, unit: "db.service",
                message: "postgres was killed", attributes: ["pid": "7"])
        ])
    }

    func searchLogs(_ query: LogQuery, page: PageRequest, for principal: Principal) async throws -> Page<LogRecord> {
        update {
            $0.processing.logs = query
            $0.page = page
        }
        try check(query.agents?.contains(Self.agent) ?? true, .agent, query.agents?.first?.text ?? "")
        return page.slice([
            LogRecord(
                time: Self.time, agent: Self.agent, level: .error, component: "docker",
                message: "Container failed to start", source: "journal", attributes: Array(#"{"exit":1}"#.utf8))
        ])
    }

    func logPatterns(_ query: LogPatternQuery, for principal: Principal) async throws -> [LogPattern] {
        update { $0.processing.patterns = query }
        try check(query.agent == Self.agent, .agent, query.agent.text)
        return [
            LogPattern(
                id: "t7", template: "Container <*> failed to start", level: .error, total: 90, recent: 12,
                firstSeen: Self.time, lastSeen: Self.time + 5_000, examples: ["Container web failed to start"])
        ]
    }
}

// MARK: - Analytics

extension FakeGateway {
    func health(of agent: AgentID, for principal: Principal) async throws -> HealthAnalysis {
        try check(agent == Self.agent, .agent, agent.text)
        var record = HealthRecord(agent: agent, time: Self.time)
        record.cpuUsage = 25.4
        record.diskMountPoint = "/var"
        record.load1 = 0.5
        record.uptimeSeconds = 86_400
        record.services = [HealthRecord.Service(name: "nginx", state: "failed", detail: "exit code 1")]
        record.failedUnits = ["nginx.service"]
        return HealthAnalysis(
            agent: agent, health: .healthy, lastCheck: Self.time, cpuUsage: 25.4, memoryUsage: 65.2,
            predictions: HealthAnalysis.Predictions(
                risk: 0.12, riskLevel: "low", capacityRemaining: "72h", limitingResource: "disk:/var"),
            check: record)
    }

    func fleetHealth(for principal: Principal) async throws -> FleetAnalysis {
        var alert = alert(.firing)
        alert.agent = .every
        let away = HealthAnalysis(
            agent: AgentID("a2"), health: .offline, lastCheck: nil,
            predictions: HealthAnalysis.Predictions(
                risk: 0, riskLevel: "low", capacityRemaining: nil, limitingResource: nil))
        return FleetAnalysis(agents: [try await health(of: Self.agent, for: principal), away], correlated: [alert])
    }
}

// MARK: - Alerts

extension FakeGateway {
    private func alert(_ state: AlertState) -> Alert {
        Alert(
            id: Self.alert, rule: "high_cpu", agent: .one(Self.agent), source: .metrics, level: .warning, state: state,
            metric: "cpu.usage_percent", value: 97.5, threshold: 90, message: "a1: CPU usage is 97.5 %",
            startedAt: Self.time, labels: ["team": "web"],
            culprits: [AlertCulprit(pid: 7, name: "busy", cpuPercent: 80, memoryBytes: 1_024)])
    }

    func alerts(_ selection: AlertSelection, page: PageRequest, for principal: Principal) async throws -> Page<Alert> {
        update {
            $0.processing.alerts = selection
            $0.page = page
        }
        return page.slice([alert(.firing)])
    }

    func acknowledgeAlert(_ id: AlertID, for principal: Principal) async throws -> Alert {
        update { $0.processing.acknowledged = id }
        try check(id == Self.alert, .alert, id.text)
        var alert = alert(.firing)
        alert.acknowledgedBy = "me"
        return alert
    }

    func silences(for principal: Principal) async throws -> [Silence] {
        [
            Silence(
                id: Self.silence, matchers: ["rule": "high_*", "agent_id": "a1"], until: Self.time + 60_000,
                comment: "being replaced", createdBy: "me")
        ]
    }

    func addSilence(_ request: NewSilence, for principal: Principal) async throws -> Silence {
        update { $0.processing.silence = request }
        return Silence(
            id: Self.silence, matchers: request.matchers, until: Self.time + request.duration,
            comment: request.comment, createdBy: "me")
    }

    func deleteSilence(_ id: SilenceID, for principal: Principal) async throws {
        try check(id == Self.silence, .silence, id.text)
    }

    func alertRules(for principal: Principal) async throws -> [AlertRule] { state.processing.rules }

    func setAlertRules(_ rules: [AlertRule], for principal: Principal) async throws -> [AlertRule] {
        try check(true, .alert, "")
        update { $0.processing.rules = rules }
        return rules
    }
}

// MARK: - Deployments

extension FakeGateway {
    func deploy(_ request: DeploymentRequest, for principal: Principal) async throws -> TaskRecord {
        update { $0.processing.deployment = request }
        try check(request.agent == Self.agent, .agent, request.agent.text)
        var task = TaskRecord(
            id: Self.task, agent: Self.agent, operation: .deployment, command: "deploy", status: .created,
            timeout: request.timeout, createdAt: Self.time)
        task.deploymentID = (request.id ?? Self.deployment).text
        return task
    }

    func deployments(_ selection: DeploymentSelection, page: PageRequest, for principal: Principal) async throws
        -> Page<DeploymentRecord>
    {
        update {
            $0.processing.deployments = selection
            $0.page = page
        }
        return page.slice([try await deployment(Self.deployment, for: principal)])
    }

    /// One that began ten seconds ago.
    func deployment(_ id: DeploymentID, for principal: Principal) async throws -> DeploymentRecord {
        try check(id == Self.deployment, .deployment, id.text)
        var record = DeploymentRecord(
            id: id, name: "web", agent: Self.agent, task: Self.task, createdAt: Self.time + -10_000)
        record.status.phase = .starting
        record.status.progress = 60
        return record
    }
}
