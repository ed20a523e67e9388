/// Whether this host can do something for the gateway, and why not.
struct CheckItem: Equatable {
    enum Verdict: String {
        case yes
        /// It runs; what is missing is told.
        case partly
        case no
    }

    /// The stream type, or what else it is about: `gateway`, `token`, `state`.
    var name: String
    var verdict: Verdict
    /// A few words for a person; empty where there is nothing to say.
    var reason = ""
    /// What to do about it; empty where there is nothing to do.
    var remedy = ""
    /// The agent was started to do this: when it cannot, that is a failure and no mere fact.
    var isWanted = true

    var isFailure: Bool { isWanted && verdict == .no }
}

/// What `sluice-agent check` has found.
struct CheckReport {
    var agentID: String
    var gateway: String
    /// One for each stream type that agents have.
    var streams: [CheckItem]
    /// What all streams need.
    var others: [CheckItem]

    var isGood: Bool { !(streams + others).contains(where: \.isFailure) }
}
