package import Model

package protocol AlertService: Sendable {
    /// Newest first.
    func alerts(_ selection: AlertSelection, page: PageRequest, for principal: Principal) async throws -> Page<Alert>
    /// - Throws: `notFound(.alert, …)`; `conflict` for one that is resolved.
    func acknowledgeAlert(_ id: AlertID, for principal: Principal) async throws -> Alert
    func silences(for principal: Principal) async throws -> [Silence]
    func addSilence(_ request: NewSilence, for principal: Principal) async throws -> Silence
    func deleteSilence(_ id: SilenceID, for principal: Principal) async throws
    /// What is in force, by name.
    func alertRules(for principal: Principal) async throws -> [AlertRule]
    /// All of them or none. Returns what is in force when it is stored.
    /// - Throws: `invalidField("rules[2].threshold", …)`.
    func setAlertRules(_ rules: [AlertRule], for principal: Principal) async throws -> [AlertRule]
}

package struct NewSilence: Sendable, Equatable {
    /// `rule`, `agent_id`, `level`, or the name of a label → a pattern with `*`. All of them have to match; not empty.
    package var matchers: [String: String]
    package var duration: Milliseconds
    package var comment: String

    /// One second to a year.
    package static let durationRange: ClosedRange<Milliseconds> = 1_000...31_536_000_000

    package init(matchers: [String: String], duration: Milliseconds, comment: String) {
        self.matchers = matchers
        self.duration = duration
        self.comment = comment
    }
}
