/// The parts of a metrics sample that are wanted; only those are read from the host.
package struct MetricsParts: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let cpu = MetricsParts(rawValue: 1)
    package static let memory = MetricsParts(rawValue: 2)
    package static let disks = MetricsParts(rawValue: 4)
    package static let network = MetricsParts(rawValue: 8)
    package static let processes = MetricsParts(rawValue: 16)
    package static let load = MetricsParts(rawValue: 32)
    package static let all: MetricsParts = [.cpu, .memory, .disks, .network, .processes, .load]

    /// The part that a filter names, be it as a whole (`cpu`) or by a leaf (`cpu.usage_percent`); nil for an unknown one.
    package init?(filter: some StringProtocol) {
        switch filter.prefix(while: { $0 != "." }) {
        case "cpu": self = .cpu
        case "memory": self = .memory
        case "disks": self = .disks
        case "network", "network_interfaces": self = .network
        case "processes": self = .processes
        case "load": self = .load
        default: return nil
        }
    }

    /// The parts that a list of filters asks for: all of them when it is empty. Unknown names ask for nothing.
    package init(filters: some Sequence<some StringProtocol>) {
        var parts: MetricsParts = []
        var isEmpty = true
        for filter in filters {
            isEmpty = false
            parts.formUnion(MetricsParts(filter: filter) ?? [])
        }
        self = isEmpty ? .all : parts
    }
}
