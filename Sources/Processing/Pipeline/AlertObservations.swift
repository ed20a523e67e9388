package import Model

/// Metrics or a health check, as rules see them.
struct SampleForRules: AlertSample {
    var values: MetricValues
    var processes: [ProcessUsage]
    /// `RiskAssessment.risk`.
    var risk: Double

    func value(of metric: String) -> Double? {
        metric == "prediction.risk" ? risk : MetricKey(name: metric).flatMap { values[$0] }
    }

    /// The three that use most of what the metric is about.
    func culprits(of metric: String) -> [AlertCulprit] {
        let cost: (ProcessUsage) -> Double = metric.hasPrefix("memory.") ? \.memoryBytes : \.cpuPercent
        guard metric.hasPrefix("memory.") || metric.hasPrefix("cpu.") || metric.hasPrefix("load.") else { return [] }
        return processes.sorted { cost($0) > cost($1) }.prefix(3).map(AlertCulprit.init)
    }
}

extension AlertCulprit {
    init(_ process: ProcessUsage) {
        self.init(
            pid: Int64(process.pid), name: process.name,
            cpuPercent: process.cpuPercent.isFinite ? process.cpuPercent : nil,
            memoryBytes: UInt64(exactly: process.memoryBytes.rounded()))
    }
}

extension SystemEvent: AlertEvent {
    package func field(_ name: String) -> String? {
        switch name {
        case "kind": kind
        case "severity": severity.rawValue
        case "unit": unit
        case "message": message
        default: attributes[name]
        }
    }
}

/// Rules can match `burst` (`began`, `ended`).
struct ErrorBurstEvent: AlertEvent {
    var change: ErrorRate.Change

    func field(_ name: String) -> String? {
        switch (name, change) {
        case ("burst", .began): "began"
        case ("burst", .ended): "ended"
        case ("message", .began(let count, let expected)):
            "\(count) errors in the last minute, where \(ShortText.number(expected)) are usual"
        case ("message", .ended): "errors are as rare again as usual"
        default: nil
        }
    }
}

extension ProcessedLog: AlertEvent {
    /// Beside these, whatever fields the line has: `status`, `client_ip`...
    package func field(_ name: String) -> String? {
        switch name {
        case "level": record.level.name
        case "component": record.component
        case "message": record.message
        case "source": record.source
        case "template_id": log.template.template.id.description
        case "severity": log.severity.rawValue
        case "category": log.category.rawValue
        case "format": log.parsed.format.rawValue
        case "threat": log.threats.first?.rule
        case "source_ip": log.threats.lazy.compactMap(\.sourceIP).first
        default: log.parsed.field(name)
        }
    }

    /// A line can show several threats.
    package func matches(_ name: String, _ pattern: TextPattern) -> Bool {
        if name == "threat" { return log.threats.contains { pattern.matches($0.rule) } }
        return field(name).map(pattern.matches) ?? false
    }
}
