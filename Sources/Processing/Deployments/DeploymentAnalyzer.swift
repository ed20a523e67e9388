package import Model

/// Reads the output of a deployment as it comes and says where it stands. Pure: the same lines give the same status.
/// Bounded: 2 KiB of a line are looked at, 200 services are known, a message has 300 bytes.
package struct DeploymentAnalyzer: Sendable {
    package private(set) var status = DeploymentStatus()
    private var services = DeploymentServices()
    /// What the tool said went wrong, the newest.
    private var failure: String?
    /// The newest line of stderr, as far as a message reaches.
    private var lastError: [UInt8] = []
    /// The command says itself how far it is: nothing else counts then.
    private var saysProgress = false
    /// Of a deployment made of steps: which one runs.
    private var step: (index: Int, count: Int)?
    private var change: DeploymentChange = []

    package static let maximumServices = DeploymentServices.maximum
    /// In bytes.
    package static let maximumMessageLength = 300

    /// In the order in which they are asked; the first that knows a line has it.
    private static let dialects: [any DeploymentDialect] = [
        MarkerDialect(), ComposeDialect(), DockerDialect(), KubernetesDialect(), HelmDialect(), AnsibleDialect(),
        SystemdDialect(), BuildDialect(),
    ]

    package init() {}

    /// The command runs. - Returns: what is new.
    @discardableResult
    package mutating func begin() -> DeploymentChange {
        change = []
        take(.phase(.preparing))
        return change
    }

    /// The next line, without its line break.
    /// - Returns: what is new.
    @discardableResult
    package mutating func read(_ line: UnsafeRawBufferPointer, isError: Bool) -> DeploymentChange {
        guard !status.phase.isFinal else { return [] }
        return DeploymentLine.withLine(line) { line in
            change = []
            guard !line.text.isEmpty else { return change }
            if isError { noteError(line.text) }
            for dialect in Self.dialects {
                let findings = dialect.read(line)
                guard findings.isEmpty else {
                    for finding in findings { take(finding) }
                    break
                }
            }
            return change
        }
    }

    /// - Parameters:
    ///   - exitCode: nil when the command was not run to its end.
    ///   - reason: why not: `timeout`, `cancelled`, `agent_lost`...
    package mutating func end(exitCode: Int32?, reason: String? = nil) {
        let isSuccess = exitCode == 0 && reason == nil
        status.phase = isSuccess ? .completed : .failed
        status.health = finalHealth(isSuccess)
        if isSuccess {
            status.progress = 100
            status.message = "completed" + servicesText
        } else {
            status.message = "failed: " + cause(exitCode, reason)
        }
    }

    /// For `deployment_complete`, once it has ended.
    /// - Parameter duration: of the whole deployment.
    package func summary(duration: Milliseconds) -> String {
        let tenths = (duration + 50) / 100
        return "\(status.message), after \(tenths / 10).\(tenths % 10) s"
    }

    // MARK: - Findings

    private mutating func take(_ finding: DeploymentFinding) {
        switch finding {
        case .phase(let phase): reach(phase)
        case .progress(let percent):
            saysProgress = true
            set(progress: percent)
        case .part(let done, let count): raise(to: done, of: count)
        case .step(let index, let count, let name): begin(step: index, of: count, name)
        case .service(let service): if services.take(service, in: &status.services) { noteServices() }
        case .serviceState(let state, let health):
            if services.take(state, health, in: &status.services) { noteServices() }
        case .message(let text): say(text)
        case .failure(let text):
            failure = text
            say(text)
            if status.health != .failed { set(health: .degraded) }
        case .forgiven:
            failure = nil
            if services.forgive(in: &status.services) { noteServices() }
            set(health: health)
        }
    }

    private mutating func reach(_ phase: DeploymentPhase) {
        guard phase > status.phase else { return }
        status.phase = phase
        change.insert(.status)
    }

    private mutating func set(progress: Int) {
        guard status.progress != progress else { return }
        status.progress = progress
        change.insert(.status)
    }

    private mutating func set(health: DeploymentHealth) {
        guard status.health != health else { return }
        status.health = health
        change.insert(.status)
    }

    private mutating func say(_ text: String) {
        guard status.message != text else { return }
        status.message = text
        change.insert(.message)
    }

    private mutating func begin(step index: Int, of count: Int, _ name: String) {
        step = (index, count)
        reach(.preparing)
        say("step \(index + 1) of \(count)" + (name.isEmpty ? "" : ": \(name)"))
        raise(to: 0, of: 1)
    }

    /// Progress never falls: tools count anew with each thing they do.
    private mutating func raise(to done: Int, of count: Int) {
        guard !saysProgress, count > 0 else { return }
        var share = Double(min(max(done, 0), count)) / Double(count)
        if let step { share = (Double(step.index) + share) / Double(step.count) }
        // What is left of a hundred is the end's, when the exit code is known.
        set(progress: max(status.progress ?? 0, min(99, Int(share * 100))))
    }

    private mutating func noteServices() {
        change.insert(.status)
        set(health: health)
        guard step == nil else { return }
        // One service alone says nothing about how many will come.
        let ready = services.healthy
        if ready > 0, status.services.count > 1 { raise(to: ready, of: status.services.count) }
    }

    private mutating func noteError(_ text: ByteText) {
        lastError.removeAll(keepingCapacity: true)
        // One byte more than a message has, so that it is seen to be longer.
        lastError.append(contentsOf: text.prefix(Self.maximumMessageLength + 1).buffer)
    }

    // MARK: - The end

    private func cause(_ exitCode: Int32?, _ reason: String?) -> String {
        let said = failure ?? (lastError.isEmpty ? nil : lastError.withByteText(\.sentence))
        if let reason { return said.map { "\(reason), after: \($0)" } ?? reason }
        return said ?? exitCode.map { "exit code \($0)" } ?? "it did not run"
    }

    /// As the services and what has failed say.
    private var health: DeploymentHealth { services.health(of: status.services.count, hasFailure: failure != nil) }

    private func finalHealth(_ isSuccess: Bool) -> DeploymentHealth {
        guard isSuccess else { return health == .healthy ? .degraded : .failed }
        return status.services.isEmpty ? .unknown : health
    }

    /// Where nothing is known of their health, as when they were taken down, they are not counted.
    private var servicesText: String {
        guard health != .unknown || services.healthy > 0 else { return "" }
        return ": \(services.healthy) of \(status.services.count) services healthy"
    }
}

/// What a line has changed.
package struct DeploymentChange: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Phase, progress, services or health.
    package static let status = Self(rawValue: 1)
    package static let message = Self(rawValue: 2)
}

extension ByteText {
    /// As a message.
    var sentence: String { string(upTo: DeploymentAnalyzer.maximumMessageLength) }
}
