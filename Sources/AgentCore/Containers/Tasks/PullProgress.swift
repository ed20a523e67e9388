import JSON
import Model

/// Makes lines out of what the engine tells of a pull, one object of JSON a line: every change of what becomes of a layer,
/// and how far it is, once a second. A value without a clock.
struct PullProgress {
    /// Layers that are kept in mind.
    static let maximumLayers = 512
    static let interval: Milliseconds = 1_000

    private var layers: [String: (status: String, time: MonotonicTime)] = [:]
    /// What the engine says is wrong; the pull has failed.
    private(set) var failure: String?

    /// - Returns: a line, if there is something new.
    mutating func take(_ text: some Collection<UInt8>, now: MonotonicTime) -> String? {
        guard let value = try? JSONParser.parse(Array(text)), value.object != nil else { return nil }
        if let message = value["errorDetail"]?["message"]?.string ?? value["error"]?.string {
            failure = message
            return nil
        }
        if let line = value["stream"]?.string { return Self.oneLine(line) }
        guard let status = value["status"]?.string else { return nil }
        guard let layer = value["id"]?.string else { return Self.oneLine(status) }
        let known = layers[layer]
        let isOld = known.map { now.milliseconds(since: $0.time) >= Self.interval } ?? true
        let share = Self.share(value["progressDetail"])
        guard known?.status != status || (share != nil && isOld) else { return nil }
        if layers.count < Self.maximumLayers || known != nil { layers[layer] = (status, now) }
        return Self.oneLine("\(layer): \(status)") + (share ?? "")
    }

    /// ` 42% of 31 MB`
    private static func share(_ detail: JSONValue?) -> String? {
        guard let current = detail?["current"]?.int, let total = detail?["total"]?.int, total > 0,
            (0...total).contains(current)
        else { return nil }
        return " \(Int(Double(current) / Double(total) * 100))% of \(Self.size(total))"
    }

    private static func size(_ bytes: Int64) -> String {
        bytes < 1_000_000 ? "\(bytes / 1_000) kB" : "\(bytes / 1_000_000) MB"
    }

    private static func oneLine(_ text: String) -> String {
        String(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }
}
