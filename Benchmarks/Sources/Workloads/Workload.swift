/// A piece of the gateway's work, ready to be repeated and measured.
///
/// Not Sendable: whoever makes one keeps it on one thread.
package struct Workload {
    /// What is measured and what one unit of it is.
    package struct Kind: Sendable {
        /// File name and key of its thresholds: lower case, digits and dashes.
        package let name: String
        /// What the figures are for one of: "event", "delivery"...
        package let unit: String
        /// Units in one run.
        package let unitsPerRun: Int
        /// How often it is run to be counted; after that the counts no longer change with it.
        package let countedRuns: Int
        /// Builds what it works on, which is not measured.
        package let prepare: @Sendable () -> Workload
    }

    /// Does the work once.
    package let run: () -> Void
    /// Makes room for the next run; not measured.
    package let rest: () -> Void

    package init(run: @escaping () -> Void, rest: @escaping () -> Void = {}) {
        self.run = run
        self.rest = rest
    }
}

extension Workload {
    package static let all: [Kind] = rendering + decoding + eventIDs + broker + fanout
}
