import Broker
import Model

extension ViewKey {
    /// Whether it is what a task has printed, or is made from that: its lines are in a file and have numbers.
    var isTaskOutput: Bool { type.info.category == .task }
    /// Whether an agent may report that it has lost some of it: then each reader is told in its own words.
    var isNumberedByAgent: Bool { isTaskOutput || type == .containerLogs }
}
