package import Model

/// Reads the output of a deployment as it comes and says where it stands. Pure; bounded: `maximumServices`, messages of
/// `maximumMessageLength`, lines of 2 KiB.
package struct DeploymentAnalyzer: Sendable {
    package private(set) var status = DeploymentStatus()
    /// What the tool said went wrong, the newest.
    private var failure: String?
    private var lastErrorLine: String?
    private var serviceIndex: [String: Int] = [:]
    /// The command says itself how far it is: nothing else counts then.
    private var saysProgress = false
    /// Of a deployment made of steps: which one runs.
    private var step: (index: Int, count: Int, name: String)?

    package static let maximumServices = 200
    package static let maximumMessageLength = 300

    /// In the order in which they are asked; the first that knows a line has it.
    private static let dialects: [any DeploymentDialect] = [
        MarkerDialect(), ComposeDialect(), KubernetesDialect(), HostDialect(), BuildDialect(),
    ]

    package init() {}

    /// The command runs. - Returns: whether the status has changed.
    @discardableResult
    package mutating func begin() -> Bool { change { $0.take(.phase(.preparing)) } }

    /// The next of the steps begins.
    /// - Parameter index: from 0.
    @discardableResult
    package mutating func beginStep(_ index: Int, of count: Int, named name: String) -> Bool {
        change {
            $0.step = (index, max(count, 1), name)
            $0.take(.message("step \(index + 1) of \(count): \(name)"))
            $0.raise(to: 0, of: 1)
        }
    }

    /// - Returns: whether the status has changed.
    @discardableResult
    package mutating func read(_ line: String, isError: Bool) -> Bool {
        let line = DeploymentLine(line)
        guard !line.text.isEmpty, !status.phase.isFinal else { return false }
        if isError { lastErrorLine = Self.shortened(line.text) }
        return change { analyzer in
            for dialect in Self.dialects {
                let findings = dialect.read(line)
                guard findings.isEmpty else { return findings.forEach { analyzer.take($0) } }
            }
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
            let cause = failure ?? lastErrorLine ?? (reason ?? exitCode.map { "exit code \($0)" } ?? "it did not run")
            status.message = Self.shortened("failed: \(cause)")
        }
    }

    /// For `deployment_complete`, once it has ended.
    /// - Parameter duration: of the whole deployment.
    package func summary(duration: Milliseconds) -> String {
        let tenths = (duration + 50) / 100
        return "\(status.message), after \(tenths / 10).\(tenths % 10) s"
    }

    // MARK: - Findings

    private mutating func change(_ body: (inout Self) -> Void) -> Bool {
        let before = status
        body(&self)
        return status != before
    }

    private mutating func take(_ finding: DeploymentFinding) {
        switch finding {
        case .phase(let phase): status.phase = max(status.phase, phase)
        case .progress(let percent):
            saysProgress = true
            status.progress = percent
            status.phase = max(status.phase, .preparing)
        case .part(let done, let count): raise(to: done, of: count)
        case .service(let service): take(service)
        case .message(let text): status.message = Self.shortened(text)
        case .failure(let text):
            failure = Self.shortened(text)
            status.message = failure!
            if status.health != .failed { status.health = .degraded }
        }
    }

    /// Progress never falls: tools count anew with each thing they do.
    private mutating func raise(to done: Int, of count: Int) {
        guard !saysProgress, count > 0 else { return }
        var share = Double(min(max(done, 0), count)) / Double(count)
        if let step { share = (Double(step.index) + share) / Double(step.count) }
        // What is left of a hundred is the end's, when the exit code is known.
        status.progress = max(status.progress ?? 0, min(99, Int(share * 100)))
    }

    private mutating func take(_ service: DeploymentService) {
        if service.name.isEmpty {
            guard let last = status.services.indices.last else { return }
            status.services[last].state = service.state
            status.services[last].health = service.health
        } else if let index = serviceIndex[service.name] {
            status.services[index] = service
        } else if status.services.count < Self.maximumServices {
            serviceIndex[service.name] = status.services.count
            status.services.append(service)
        }
        status.health = healthOfServices
        guard step == nil else { return }
        // One service alone says nothing about how many will come.
        let ready = status.services.count { $0.health == .healthy }
        if ready > 0, status.services.count > 1 { raise(to: ready, of: status.services.count) }
    }

    // MARK: - Health

    private var healthOfServices: DeploymentHealth {
        let services = status.services
        if services.contains(where: { $0.health == .failed }) {
            return services.allSatisfy { $0.health == .failed } ? .failed : .degraded
        }
        if services.contains(where: { $0.health == .degraded }) { return .degraded }
        if !services.isEmpty, services.allSatisfy({ $0.health == .healthy }) { return .healthy }
        return failure == nil ? .unknown : .degraded
    }

    private func finalHealth(_ isSuccess: Bool) -> DeploymentHealth {
        let services = healthOfServices
        guard isSuccess else { return services == .healthy ? .degraded : .failed }
        return status.services.isEmpty ? .unknown : services
    }

    private var servicesText: String {
        guard !status.services.isEmpty else { return "" }
        let healthy = status.services.count { $0.health == .healthy }
        return ": \(healthy) of \(status.services.count) services healthy"
    }

    private static func shortened(_ text: some StringProtocol) -> String {
        text.utf8.count <= maximumMessageLength ? String(text) : String(text.prefix(maximumMessageLength - 1)) + "…"
    }
}
