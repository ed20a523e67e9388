import JSON
import Model

/// Makes system events out of the engine's, of which it sends one object of JSON a line. A value without I/O.
///
/// A container that ends with an error has died. Of one that was told to end, or ran out of memory, the engine says so
/// just before.
struct ContainerEventReader {
    /// Containers that are about to end.
    static let maximumEnding = 256

    private struct Ending {
        var wasAsked = false
        var ranOutOfMemory = false
    }

    private var ending: [String: Ending] = [:]
    /// Of the event that came last, in nanoseconds since 1970; 0 before the first. By a clock that may be set back.
    private(set) var latest: UInt64 = 0
    private var seen = SeenEvents()
    private var limit = RateLimit(count: 20, window: 60_000)

    /// - Returns: what the gateway is to hear of, if anything.
    mutating func take(_ text: some Collection<UInt8>, now: MonotonicTime) -> HostEvent? {
        guard let event = try? JSONParser.parse(Array(text)), event["Type"]?.string ?? "container" == "container",
            let action = event["Action"]?.string ?? event["status"]?.string,
            let id = event["Actor"]?["ID"]?.string ?? event["id"]?.string
        else { return nil }
        let time = event["timeNano"]?.int.flatMap { UInt64(exactly: $0) } ?? 0
        if time > 0 {
            // After a broken connection the engine is asked for what came since then, that moment included.
            guard seen.insert(time, id, action) else { return nil }
            latest = time
        }
        let subject = Subject(id: id, attributes: event["Actor"]?["Attributes"], time: time)
        switch action {
        case "kill": note(id) { $0.wasAsked = true }
        case "oom": note(id) { $0.ranOutOfMemory = true }
        case "die", "died": return death(of: subject, now: now)
        case "health_status: unhealthy": return subject.event(.containerUnhealthy, .warning, "is unhealthy")
        default: break
        }
        return nil
    }

    private mutating func note(_ id: String, _ change: (inout Ending) -> Void) {
        if ending.count >= Self.maximumEnding { ending = [:] }
        change(&ending[id, default: Ending()])
    }

    private mutating func death(of subject: Subject, now: MonotonicTime) -> HostEvent? {
        let ending = ending.removeValue(forKey: subject.id) ?? Ending()
        let code = subject.exitCode
        let severity: HostEvent.Severity
        let what: String
        if ending.ranOutOfMemory {
            (severity, what) = (.critical, "was killed: it ran out of memory")
        } else if code == "0" {
            return nil  // as it should
        } else if ending.wasAsked {
            (severity, what) = (.info, "was told to end, with exit code \(code)")
        } else {
            (severity, what) = (.warning, "has died with exit code \(code)")
        }
        guard let suppressed = limit.take(now: now) else { return nil }
        var event = subject.event(.containerDied, severity, what)
        event.attributes.append(("exit_code", code))
        if ending.ranOutOfMemory { event.attributes.append(("oom_killed", "true")) }
        if suppressed > 0 { event.attributes.append(("suppressed", "\(suppressed)")) }
        return event
    }
}

/// The events that came last, to tell those that come again: not by their times alone, for events come out of order, and
/// after a clock was set back all are older than what came before. A value without I/O.
private struct SeenEvents {
    /// More than engines repeat: Docker keeps 256 events.
    private static let maximum = 1_024

    /// Hashes: 64 bits, of a process's own seed, are enough to tell so few.
    private var set: Set<Int> = []
    /// The same, in a ring.
    private var order: [Int] = []
    private var oldest = 0

    /// Returns whether it is new.
    mutating func insert(_ time: UInt64, _ id: String, _ action: String) -> Bool {
        var hasher = Hasher()
        hasher.combine(time)
        hasher.combine(id)
        hasher.combine(action)
        let hash = hasher.finalize()
        guard set.insert(hash).inserted else { return false }
        if order.count < Self.maximum {
            order.append(hash)
        } else {
            set.remove(order[oldest])
            order[oldest] = hash
            oldest = (oldest + 1) % Self.maximum
        }
        return true
    }
}

/// The container that an event is about.
private struct Subject {
    var id: String
    var name: String
    var image: String
    var exitCode: String
    var time: UInt64

    init(id: String, attributes: JSONValue?, time: UInt64) {
        self.id = String(id.prefix(64))
        self.time = time
        name = String((attributes?["name"]?.string ?? id).prefix(128))
        image = String((attributes?["image"]?.string ?? "").prefix(128))
        exitCode = String(
            (attributes?["exitCode"] ?? attributes?["containerExitCode"])?.string?.prefix(16) ?? "unknown")
    }

    func event(_ kind: HostEvent.Kind, _ severity: HostEvent.Severity, _ what: String) -> HostEvent {
        var event = HostEvent(kind: kind, severity: severity, unit: name, message: "container \(name) \(what)")
        event.attributes = [("container_id", id), ("image", image)]
        if time > 0 { event.timestamp = Double(time / 1_000_000) / 1_000 }
        return event
    }
}
