import JSON
import Model

extension StreamConfig {
    static let alertLevelNames = ["info", "warning", "critical"]
    static let logLevelNames = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
    static let tailRange = 0...10_000
    /// A year: longer than any log is kept.
    static let sinceRange: ClosedRange<Milliseconds> = 0...31_536_000_000
    static let maximumQueryBytes = 1_024

    /// What a `config` asks for, over the defaults of the stream type.
    /// - Parameter names: the names that may occur.
    init(
        _ value: JSONValue?, for type: StreamType, names: [String] = ConfigField.names
    ) throws(APIError) {
        self = .defaults(for: type)
        guard let value else { return }
        let fields = try FieldReader(value, names: names, within: "config")
        interval = try fields.duration("interval", in: Self.intervalRange) ?? interval
        filters = try MetricFilters.read(from: fields) ?? filters
        bufferSize = try fields.integer("buffer_size", in: Self.bufferSizeRange) ?? bufferSize
        snapshot = try fields.bool("snapshot") ?? snapshot
        includeTrends = try fields.bool("include_trends") ?? includeTrends
        alertLevels = try fields.choices("alert_levels", of: Self.alertLevelNames) ?? alertLevels
        includeRawOutput = try fields.bool("include_raw_output") ?? includeRawOutput
        statusUpdatesOnly = try fields.bool("status_updates_only") ?? statusUpdatesOnly
        levels = try fields.choices("levels", of: Self.logLevelNames) ?? levels
        query = try fields.text("query", maximumBytes: Self.maximumQueryBytes).flatMap { $0.isBlank ? nil : $0 }
        since = try fields.duration("since", in: Self.sinceRange)
        all = try fields.bool("all") ?? all
        tail = try fields.integer("tail", in: Self.tailRange) ?? tail
        waitForAgent = try fields.bool("wait_for_agent") ?? waitForAgent
    }
}
