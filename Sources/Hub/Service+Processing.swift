package import Model
package import Service

// What the API asks for of metrics over time, logs and alerts. Nothing that could answer is connected.

extension Hub {
    private static var notConnected: ServiceError { .storeUnavailable(reason: "not connected") }

    package func metricsHistory(_ query: MetricsHistoryQuery, for principal: Principal) async throws -> MetricsHistory {
        throw Self.notConnected
    }

    package func systemEvents(_ query: SystemEventQuery, page: PageRequest, for principal: Principal) async throws
        -> Page<SystemEvent>
    { throw Self.notConnected }

    package func searchLogs(_ query: LogQuery, page: PageRequest, for principal: Principal) async throws
        -> Page<LogRecord>
    { throw Self.notConnected }

    package func logPatterns(_ query: LogPatternQuery, for principal: Principal) async throws -> [LogPattern] {
        throw Self.notConnected
    }

    package func health(of agent: AgentID, for principal: Principal) async throws -> HealthAnalysis {
        throw Self.notConnected
    }

    package func fleetHealth(for principal: Principal) async throws -> FleetAnalysis { throw Self.notConnected }

    package func alerts(_ selection: AlertSelection, page: PageRequest, for principal: Principal) async throws
        -> Page<Alert>
    { throw Self.notConnected }

    package func acknowledgeAlert(_ id: AlertID, for principal: Principal) async throws -> Alert {
        throw Self.notConnected
    }

    package func silences(for principal: Principal) async throws -> [Silence] { throw Self.notConnected }

    package func addSilence(_ request: NewSilence, for principal: Principal) async throws -> Silence {
        throw Self.notConnected
    }

    package func deleteSilence(_ id: SilenceID, for principal: Principal) async throws { throw Self.notConnected }

    package func alertRules(for principal: Principal) async throws -> [AlertRule] { throw Self.notConnected }

    package func setAlertRules(_ rules: [AlertRule], for principal: Principal) async throws -> [AlertRule] {
        throw Self.notConnected
    }
}
