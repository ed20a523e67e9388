import FoundationEssentials
import Model

/// Labels, lists and stream configurations as JSON columns.
enum JSONText {
    static func encode(_ config: StoredConfig) throws -> String { try text(config) }

    static func encode(_ map: [String: String]) throws -> String { map.isEmpty ? "{}" : try text(map) }

    static func encode(_ health: StoredHealth) throws -> String { try text(health) }

    static func encode(_ rule: StoredRule) throws -> String { try text(rule) }

    static func encode(_ alert: StoredAlert) throws -> String { try text(alert) }

    /// Most lists and maps are empty, and need no encoder.
    static func encode(_ list: [some Encodable]) throws -> String { list.isEmpty ? "[]" : try text(list) }

    private static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            throw StoreError.invalid(detail: "stored \(type) is not understood: \(text.prefix(200))")
        }
    }
}

extension JSONText {
    private static let decoder = JSONDecoder()

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
}

extension Double? {
    /// JSON has no other numbers.
    var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}

/// The stored form of `StreamConfig`: names are those of the API. A field that an older file lacks has its default.
struct StoredConfig: Codable {
    var interval: Int?
    var filters: [String]?
    var bufferSize: Int?
    var snapshot: Bool?
    var includeTrends: Bool?
    var alertLevels: [String]?
    var includeRawOutput: Bool?
    var statusUpdatesOnly: Bool?
    var levels: [String]?
    var query: String?
    var since: Int?
    var all: Bool?
    var tail: Int?
    var waitForAgent: Bool?

    private enum CodingKeys: String, CodingKey {
        case interval, filters, snapshot, levels, query, since, all, tail
        case bufferSize = "buffer_size"
        case includeTrends = "include_trends"
        case alertLevels = "alert_levels"
        case includeRawOutput = "include_raw_output"
        case statusUpdatesOnly = "status_updates_only"
        case waitForAgent = "wait_for_agent"
    }

    init(_ config: StreamConfig) {
        interval = config.interval
        filters = config.filters
        bufferSize = config.bufferSize
        snapshot = config.snapshot
        includeTrends = config.includeTrends
        alertLevels = config.alertLevels
        includeRawOutput = config.includeRawOutput
        statusUpdatesOnly = config.statusUpdatesOnly
        levels = config.levels
        query = config.query
        since = config.since
        all = config.all
        tail = config.tail
        waitForAgent = config.waitForAgent
    }

    var config: StreamConfig {
        var config = StreamConfig()
        config.interval = interval ?? config.interval
        config.filters = filters ?? config.filters
        config.bufferSize = bufferSize ?? config.bufferSize
        config.snapshot = snapshot ?? config.snapshot
        config.includeTrends = includeTrends ?? config.includeTrends
        config.alertLevels = alertLevels ?? config.alertLevels
        config.includeRawOutput = includeRawOutput ?? config.includeRawOutput
        config.statusUpdatesOnly = statusUpdatesOnly ?? config.statusUpdatesOnly
        config.levels = levels ?? config.levels
        config.query = query
        config.since = since
        config.all = all ?? config.all
        config.tail = tail ?? config.tail
        config.waitForAgent = waitForAgent ?? config.waitForAgent
        return config
    }
}
