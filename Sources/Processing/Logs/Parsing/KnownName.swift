/// What a member of a JSON line or a key of a logfmt line means by its name. Where a line has several of a kind, the
/// one with the lowest rank is taken.
enum KnownName: Equatable {
    case time
    case level
    case message(rank: Int)
    case component(rank: Int)

    init?(_ name: ByteText) {
        guard name.count >= 1, name.count <= 16 else { return nil }
        for (word, meaning) in Self.names[Int(name[0].lowercased & 31)] where name.equalsIgnoringCase(word) {
            self = meaning
            return
        }
        return nil
    }

    /// By the low five bits of the first letter.
    private static let names: [[(StaticString, KnownName)]] = {
        let all: [(StaticString, KnownName)] = [
            ("time", .time), ("timestamp", .time), ("@timestamp", .time), ("ts", .time), ("t", .time),
            ("datetime", .time), ("eventtime", .time), ("@t", .time),
            ("level", .level), ("severity", .level), ("lvl", .level), ("loglevel", .level), ("log_level", .level),
            ("log.level", .level), ("levelname", .level), ("priority", .level), ("@l", .level),
            ("severity_text", .level),
            ("msg", .message(rank: 0)), ("message", .message(rank: 0)), ("@m", .message(rank: 1)),
            ("short_message", .message(rank: 1)), ("log", .message(rank: 2)), ("text", .message(rank: 3)),
            ("event", .message(rank: 4)),
            ("component", .component(rank: 0)), ("logger", .component(rank: 1)), ("logger_name", .component(rank: 1)),
            ("log.logger", .component(rank: 1)), ("loggername", .component(rank: 1)), ("module", .component(rank: 2)),
            ("service", .component(rank: 3)), ("service.name", .component(rank: 3)),
            ("service_name", .component(rank: 3)), ("app", .component(rank: 4)), ("name", .component(rank: 5)),
        ]
        var byLetter = [[(StaticString, KnownName)]](repeating: [], count: 32)
        for entry in all { byLetter[Int(entry.0.utf8Start[0] & 31)].append(entry) }
        return byLetter
    }()
}
