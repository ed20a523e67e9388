/// Notices that file systems become full. A value without I/O.
struct FillingWatch {
    /// In percent, rising.
    static let thresholds: [Double] = [90, 95]
    /// So far it has to fall below a threshold before that counts as crossed again.
    static let hysteresis = 2.0
    /// File systems that are remembered.
    static let maximum = 256

    /// How many of the thresholds were crossed, by mount point.
    private(set) var levels: [String: Int]

    init(levels: [String: Int] = [:]) { self.levels = levels }

    /// All there are now. Those that are gone are forgotten.
    mutating func look(_ usages: [(mountPoint: String, percent: Double)]) -> [HostEvent] {
        var events: [HostEvent] = []
        var seen: [String: Int] = [:]
        for usage in usages.prefix(Self.maximum) {
            let before = levels[usage.mountPoint] ?? 0
            let crossed = Self.thresholds.filter { usage.percent >= $0 }.count
            let held = Self.thresholds.filter { usage.percent >= $0 - Self.hysteresis }.count
            let level = crossed > before ? crossed : min(before, held)
            if level > 0 { seen[usage.mountPoint] = level }
            if level > before { events.append(Self.event(usage.mountPoint, usage.percent, level: level)) }
        }
        levels = seen
        return events
    }

    private static func event(_ mountPoint: String, _ percent: Double, level: Int) -> HostEvent {
        let isWorst = level == thresholds.count
        let tenths = Int(percent * 10)
        return HostEvent(
            kind: .diskFilling, severity: isWorst ? .critical : .warning, unit: mountPoint,
            message: "\(mountPoint) is \(tenths / 10) % full",
            attributes: [
                ("usage_percent", "\(tenths / 10).\(tenths % 10)"),
                ("threshold_percent", "\(Int(thresholds[level - 1]))"),
            ])
    }
}
