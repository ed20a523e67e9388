import Model
import Processing

/// Which events of a deployment a view shows, and how much of each.
struct DeploymentDetail: Sendable, Equatable {
    /// Each event carries the line that led to it.
    var hasRawOutput: Bool
    /// What has to have changed for a line to be an event; empty: every line is one.
    var changes: DeploymentChange

    init(_ config: StreamConfig) {
        hasRawOutput = config.includeRawOutput
        changes =
            config.statusUpdatesOnly ? .status : config.includeRawOutput ? [] : [.status, .message]
    }

    /// Whether a line that has changed so much is an event.
    func shows(_ change: DeploymentChange) -> Bool { changes.isEmpty || !change.isDisjoint(with: changes) }

    /// Whether there are lines that are no events.
    var isSparse: Bool { !changes.isEmpty }
}
