/// Metrics in the text format of Prometheus (version 0.0.4).
///
///     text.counter("sluice_events", "Events received", [.init(1_042, ["stream_type": "metrics"])])
///
/// Names are the program's own and are not checked here; label values may be anything.
package struct MetricsText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package struct Sample: Sendable {
        var value: Double
        var labels: KeyValuePairs<String, String>

        package init(_ value: some BinaryInteger, _ labels: KeyValuePairs<String, String> = [:]) {
            self.init(Double(value), labels)
        }

        package init(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
            self.value = value
            self.labels = labels
        }
    }

    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A number that only rises. `_total` is put behind the name.
    package mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) {
        family(name + "_total", type: "counter", help, samples)
    }

    package mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
        counter(name, help, [Sample(value)])
    }

    /// A number that goes up and down.
    package mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) {
        family(name, type: "gauge", help, samples)
    }

    package mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        gauge(name, help, [Sample(value)])
    }

    /// A family without samples is left out. Each family is written once.
    private mutating func family(_ name: String, type: String, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        bytes += "# HELP \(name) \(Self.escape(help, quotes: false))\n# TYPE \(name) \(type)\n".utf8
        for sample in samples {
            bytes += name.utf8
            appendLabels(sample.labels)
            bytes += " \(Self.format(sample.value))\n".utf8
        }
    }

    private mutating func appendLabels(_ labels: KeyValuePairs<String, String>) {
        guard !labels.isEmpty else { return }
        let pairs = labels.map { "\($0.key)=\"\(Self.escape($0.value, quotes: true))\"" }
        bytes += "{\(pairs.joined(separator: ","))}".utf8
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map(\.description) ?? value.description
    }
}
