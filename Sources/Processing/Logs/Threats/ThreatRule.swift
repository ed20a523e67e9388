/// One thing to watch for: what it is called, where to begin looking, and the code that looks.
///
/// Adding one is one row in the table of its kind (`ThreatRule.ssh`, `.accounts`, `.web`, `.hosts`, `.shells`) and one
/// function beside it.
package struct ThreatRule: Sendable {
    package let id: String
    package let title: String
    /// Unless the finding says otherwise.
    package let severity: LogSeverity
    /// When it reports, for a person.
    package let summary: String
    /// It is asked about lines with any of these; without any, about web requests.
    let anchors: KeywordSet
    let detect: @Sendable (ThreatLine, inout ThreatState) -> ThreatFinding?

    init(
        _ id: String, _ title: String, _ severity: LogSeverity, _ summary: String, on anchors: KeywordSet,
        _ detect: @escaping @Sendable (ThreatLine, inout ThreatState) -> ThreatFinding?
    ) {
        self.id = id
        self.title = title
        self.severity = severity
        self.summary = summary
        self.anchors = anchors
        self.detect = detect
    }

    /// All that are in force.
    package static let all: [ThreatRule] = ssh + accounts + web + hosts + shells
}

/// What a rule found.
struct ThreatFinding {
    var source: String?
    /// Where that is not the rule's.
    var severity: LogSeverity?
    /// Added to the evidence: "12 within 2 minutes".
    var note: String?

    init(source: String? = nil, severity: LogSeverity? = nil, note: String? = nil) {
        self.source = source
        self.severity = severity
        self.note = note
    }
}

/// What the rules remember of one host.
struct ThreatState: Sendable {
    /// What is counted, each kind by its own key: an address, a user, a program.
    enum Counter: Int, CaseIterable {
        case sshFailures, sshInvalidUsers, webLogins, webMisses, segfaults, firewallDrops, listeners
    }

    private static let keysPerCounter = 1_024

    private var windows = Counter.allCases.map { _ in BoundedTable<String, EventWindow>(capacity: keysPerCounter) }
    /// Milliseconds since 1970 of the first line.
    var firstLine: Int64?

    /// Sources and the like that were forgotten for newer ones.
    var evictions: Int { windows.reduce(0) { $0 + $1.evictions } }

    func window(_ counter: Counter, _ key: String) -> EventWindow? { windows[counter.rawValue][key] }

    mutating func update<Result>(_ counter: Counter, _ key: String, _ body: (inout EventWindow) -> Result) -> Result {
        windows[counter.rawValue].update(key, initial: EventWindow(), body)
    }
}
