import Model

/// Something of which there is only so much.
package enum Resource: Hashable, Sendable {
    case cpu, memory, swap
    /// A mounted file system, by its path.
    case disk(String)

    /// As in the API: `memory`, `disk:/var`.
    package var name: String {
        switch self {
        case .cpu: "cpu"
        case .memory: "memory"
        case .swap: "swap"
        case .disk(let path): "disk:" + path
        }
    }

    /// For a sentence.
    var title: String {
        switch self {
        case .cpu: "CPU"
        case .memory: "Memory"
        case .swap: "Swap"
        case .disk(let path): "Disk " + path
        }
    }

    /// The metric in which something unusual about it shows.
    var metric: MetricKey {
        switch self {
        case .cpu: .cpuUsage
        case .memory: .memoryUsage
        case .swap: .swapUsage
        case .disk: .diskUsage
        }
    }

    /// How bad it is to be without: a host does little more with its memory or a disk full, but goes on, slowly, with
    /// its CPU busy or its swap used.
    var weight: Double {
        switch self {
        case .memory, .disk: 1
        case .cpu, .swap: 0.5
        }
    }
}
