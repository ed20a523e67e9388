import Model
import Storage
import Testing

@Suite struct AlertRecordTests {
    static func alert(
        _ number: Int, agent: AgentSelector = .one(AgentID("web1")), state: AlertState = .firing,
        level: AlertLevel = .warning, rule: String = "cpu_high"
    ) -> Alert {
        Alert(
            id: AlertID("alr_\(number)"), rule: rule, agent: agent, source: .metrics, level: level, state: state,
            metric: "cpu.usage_percent", value: 97.25, threshold: 90, message: "CPU of web1 is at 97 %",
            startedAt: at(Int64(number)))
    }

    static var full: Alert {
        var alert = alert(1)
        alert.updatedAt = at(5)
        alert.resolvedAt = at(6)
        alert.acknowledgedBy = "ci"
        alert.silence = SilenceID("sil_1")
        alert.labels = ["team": "ünïcode \"q\""]
        alert.culprits = [
            AlertCulprit(pid: 7, name: "java", cpuPercent: 99.5, memoryBytes: .max, container: "c1"),
            AlertCulprit(pid: 8, name: "", cpuPercent: nil, memoryBytes: nil),
        ]
        return alert
    }

    @Test("an alert comes back as it was, replaced by its later state")
    func roundTrip() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        let fleet = Self.alert(2, agent: .every, state: .pending)
        try await store.write([.save(Self.alert(1)), .save(fleet)])
        try await store.write([.save(Self.full)])
        await store.close()
        store = try openStore(directory)
        #expect(try await store.alert(AlertID("alr_1")) == Self.full)
        #expect(try await store.alert(AlertID("alr_2")) == fleet)
        #expect(try await store.alert(AlertID("alr_3")) == nil)
        await store.close()
    }

    @Test("alerts are found by state, agent, rule, level and scope, newest first, page by page")
    func selections() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let alerts = [
            Self.alert(1, state: .resolved), Self.alert(2), Self.alert(3, agent: .one(AgentID("web2"))),
            Self.alert(4, level: .critical), Self.alert(5, rule: "disk_full"), Self.alert(6, agent: .every),
            Self.alert(7, state: .pending),
        ]
        try await store.write(alerts.map { .save($0) })
        func ids(_ selection: AlertSelection, agents: Set<AgentID>? = nil) async throws -> [String] {
            let (items, total) = try await store.alerts(selection, agents: agents, offset: 0, limit: 100)
            #expect(total == items.count)
            return items.map { String($0.id.text.dropFirst(4)) }
        }
        #expect(try await ids(AlertSelection()) == ["6", "5", "4", "3", "2"])
        #expect(try await ids(AlertSelection(state: .resolved)) == ["1"])
        #expect(try await ids(AlertSelection(state: .all)) == ["7", "6", "5", "4", "3", "2", "1"])
        #expect(try await ids(AlertSelection(agent: AgentID("web2"))) == ["3"])
        #expect(try await ids(AlertSelection(rule: "disk_full")) == ["5"])
        #expect(try await ids(AlertSelection(level: .critical)) == ["4"])
        #expect(try await ids(AlertSelection(), agents: [AgentID("web2")]) == ["3"], "nothing about many hosts")
        #expect(try await ids(AlertSelection(), agents: []) == [])
        #expect(try await ids(AlertSelection(agent: AgentID("web1")), agents: [AgentID("web2")]) == [])
        let page = try await store.alerts(AlertSelection(state: .all), offset: 2, limit: 2)
        #expect(page.items.map(\.id.text) == ["alr_5", "alr_4"] && page.total == 7)
        #expect(try await store.activeAlerts().map(\.id.text) == (2...7).map { "alr_\($0)" })
        await store.close()
    }

    @Test("silences come back, the first to end first, until they are removed")
    func silences() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        let late = Silence(
            id: SilenceID("sil_1"), matchers: ["rule": "cpu*", "agent_id": "web1"], until: at(9), comment: "update",
            createdBy: "ci")
        let early = Silence(
            id: SilenceID("sil_2"), matchers: [:], until: at(5), comment: "", createdBy: "")
        try await store.write([.save(late), .save(early)])
        await store.close()
        store = try openStore(directory)
        #expect(try await store.silences() == [early, late])
        try await store.write([.removeSilence(late.id)])
        #expect(try await store.silences() == [early])
        await store.close()
    }

    @Test("rules are replaced as a whole, in their order; never set is not the same as none")
    func rules() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        #expect(try await store.alertRules() == nil)
        let rules = [
            AlertRule(
                name: "z", source: .metrics,
                condition: .metric(MetricCondition("cpu.usage_percent", .greater, 90.1, clearThreshold: 80)),
                hold: 60_000, cooldown: 1, level: .critical, labels: ["a": "b"], agents: [AgentID("w2"), AgentID("w1")]),
            AlertRule(
                name: "a", source: .logs,
                condition: .events(
                    EventCondition(["message": "oom|kill*"], .greaterOrEqual, 3, clearMatch: ["level": "INFO"])),
                isEnabled: false),
        ]
        try await store.write([.replaceRules(rules)])
        await store.close()
        store = try openStore(directory)
        #expect(try await store.alertRules() == rules)
        try await store.write([.replaceRules([])])
        #expect(try await store.alertRules() == [])
        await store.close()
    }

    @Test("what webhooks are still to be told comes back as it was, in its order, until it is removed")
    func webhooks() async throws {
        let directory = try TemporaryDirectory()
        let first = WebhookNotification(
            id: WebhookDeliveryID("dlv_z"), url: "http://a/", rule: "r", alerts: [], createdAt: at(7))
        let second = WebhookNotification(
            id: WebhookDeliveryID("dlv_a"), url: "http://b/", rule: "r", alerts: [], createdAt: at(8))
        var fleet = Self.alert(3)
        fleet.agent = .every
        fleet.value = nil
        let store = try openStore(directory)
        try await store.write([
            .keep(.opened(first)), .keep(.put(Self.alert(1), at: 0, in: first.id)), .keep(.opened(second)),
            .keep(.put(fleet, at: 0, in: second.id)), .keep(.put(Self.alert(2), at: 1, in: first.id)),
            .keep(.put(Self.alert(1, state: .resolved), at: 0, in: first.id)),
        ])
        await store.close()

        let again = try openStore(directory)
        var expected = [first, second]
        expected[0].alerts = [Self.alert(1, state: .resolved), Self.alert(2)]
        expected[1].alerts = [fleet]
        #expect(try await again.webhookNotifications() == expected)
        try await again.write([.keep(.removed(first.id)), .keep(.removed(WebhookDeliveryID("dlv_none")))])
        #expect(try await again.webhookNotifications() == [expected[1]])
        await again.close()
    }

    @Test("resolved alerts, ended deployments and silences leave when their time is over, others stay")
    func retention() async throws {
        let directory = try TemporaryDirectory()
        let store = try openStore(directory)
        let day: Int64 = 24 * 3_600_000
        var old = Self.alert(1, state: .resolved), recent = Self.alert(2, state: .resolved)
        old.resolvedAt = at(day)
        recent.resolvedAt = at(3 * day)
        var ended = DeploymentRecordTests.deployment(1), running = DeploymentRecordTests.deployment(2)
        ended.finishedAt = at(day)
        running.finishedAt = nil
        let silence = Silence(id: SilenceID("s"), matchers: [:], until: at(90 * day), comment: "", createdBy: "")
        try await store.write([
            .save(old), .save(recent), .save(Self.alert(3)), .save(ended), .save(running), .save(silence),
        ])
        try await store.write(
            (100..<1_300).map { number in
                var alert = Self.alert(number, state: .resolved)
                alert.resolvedAt = at(day)
                return .save(alert)
            })
        await store.runMaintenance(at: at(92 * day))
        #expect(
            try await store.alerts(AlertSelection(state: .all), offset: 0, limit: 10).items.map(\.id.text)
                == ["alr_3", "alr_2"])
        #expect(
            try await store.deployments(DeploymentSelection(), offset: 0, limit: 10).items.map(\.id) == [running.id])
        #expect(try await store.silences() == [])
        await store.close()
    }
}

@Suite struct DeploymentRecordTests {
    static func deployment(_ number: Int, agent: String = "web1") -> DeploymentRecord {
        DeploymentRecord(
            id: DeploymentID("dep_\(number)"), name: "release \(number)", agent: AgentID(agent),
            task: TaskID("task_\(number)"), createdAt: at(Int64(number)))
    }

    static var full: DeploymentRecord {
        var record = deployment(1)
        record.status = DeploymentStatus(
            phase: .failed, progress: 40, message: "web did not start",
            services: [DeploymentService(name: "web", state: "Exited (1)", health: .failed)], health: .degraded)
        record.updatedAt = at(8)
        record.finishedAt = at(9)
        record.exitCode = -1
        record.summary = "failed in 8 ms"
        return record
    }

    @Test("a deployment comes back as it was, and is found by agent, phase, scope and page")
    func deployments() async throws {
        let directory = try TemporaryDirectory()
        var store = try openStore(directory)
        let other = Self.deployment(2, agent: "web2"), third = Self.deployment(3)
        try await store.write([.save(Self.deployment(1)), .save(other), .save(third)])
        try await store.write([.save(Self.full)])
        await store.close()
        store = try openStore(directory)
        #expect(try await store.deployment(DeploymentID("dep_1")) == Self.full)
        #expect(try await store.deployment(DeploymentID("dep_9")) == nil)
        #expect(try await store.unfinishedDeployments() == [other, third])
        var page = try await store.deployments(DeploymentSelection(), offset: 1, limit: 1)
        #expect(page.items == [other] && page.total == 3)
        page = try await store.deployments(DeploymentSelection(agent: AgentID("web1")), offset: 0, limit: 9)
        #expect(page.items == [third, Self.full] && page.total == 2)
        page = try await store.deployments(DeploymentSelection(phase: .failed), offset: 0, limit: 9)
        #expect(page.items == [Self.full])
        page = try await store.deployments(DeploymentSelection(), agents: [AgentID("web2")], offset: 0, limit: 9)
        #expect(page.items == [other] && page.total == 1)
        await store.close()
    }
}
