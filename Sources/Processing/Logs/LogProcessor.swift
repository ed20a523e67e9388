package import Model

/// Makes of each line of one host an `EnrichedLog`, and remembers of the lines what that takes: templates, windows of
/// the threat rules, the rate of errors. A value without a clock: whoever owns it says what time it is.
package struct LogProcessor: Sendable {
    package struct Settings: Sendable {
        /// Of the host's local time, for lines whose times have no zone.
        package var utcOffsetMinutes: Int
        package var maximumTemplates: Int

        package init(utcOffsetMinutes: Int = 0, maximumTemplates: Int = 1_000) {
            self.utcOffsetMinutes = utcOffsetMinutes
            self.maximumTemplates = maximumTemplates
        }
    }

    package struct Counters: Sendable, Equatable {
        package var lines = 0
        package var bytes = 0
        /// By `LogLevel.rawValue`.
        package var levels = [Int](repeating: 0, count: LogLevel.allCases.count)
        package var threats = 0
        /// Lines that began a template.
        package var newTemplates = 0
        /// Templates, and keys of the threat rules, that made room for others.
        package var templateEvictions = 0
        package var threatEvictions = 0
    }

    private let parser: LineParser
    private let scanner = KeywordScanner.shared
    private var miner: TemplateMiner
    private var detector = ThreatDetector()
    private var errors = ErrorRate()
    private var counted = Counters()

    package init(settings: Settings = Settings()) {
        parser = LineParser(utcOffsetMinutes: settings.utcOffsetMinutes)
        miner = TemplateMiner(maximumTemplates: settings.maximumTemplates)
    }

    package var counters: Counters {
        var counters = counted
        counters.templateEvictions = miner.evictions
        counters.threatEvictions = detector.state.evictions
        return counters
    }

    /// - Parameter now: when the line came; never earlier than for the line before.
    package mutating func process(_ entry: LogEntry, now: WallTime) -> EnrichedLog {
        let parsed = parser.parse(entry.message, now: now)
        return parsed.bytes.withByteText { text in
            entry.component.withByteText { agentComponent in
                let ownComponent = parsed.component(in: text)
                let component = ownComponent.isEmpty ? agentComponent : ownComponent
                let words = findWords(text, parsed)
                let level = parsed.level ?? entry.level ?? words.level ?? .info
                let threats = detector.examine(
                    parsed, text, component: component, keywords: words.keywords, scanner: scanner, now: now)
                let template = mine(parsed, text, level, now)
                count(entry, level, threats, template)
                let burst = level >= .error ? errors.addError(now: now) : nil
                return EnrichedLog(
                    parsed: parsed, timestamp: Self.timestamp(parsed, entry, now), level: level,
                    component: component.string, template: template, threats: threats,
                    severity: Self.severity(level, threats, parsed.format),
                    category: LogCategory.of(
                        threats: threats, format: parsed.format, component: component,
                        keywords: essentialKeywords(words.keywords, text[parsed.messageRange]), level: level),
                    burst: burst)
            }
        }
    }

    /// Call it once in about 10 s: a burst of errors may have ended in silence.
    package mutating func tick(now: WallTime) -> ErrorRate.Change? { errors.tick(now: now) }

    /// The most frequent templates at or above `level` within `window` (at most an hour).
    package func patterns(
        atLeast level: LogLevel = .error, within window: Milliseconds = 3_600_000, before now: WallTime, limit: Int = 20
    ) -> [TemplatePattern] {
        miner.patterns(atLeast: level, within: window, before: now, limit: limit)
    }
}

// MARK: - Steps

extension LogProcessor {
    private func findWords(_ text: ByteText, _ parsed: ParsedLog) -> (keywords: KeywordSet, level: LogLevel?) {
        var keywords = KeywordSet()
        guard parsed.level == nil else {
            scanner.scan(text) { keyword, _ in keywords.insert(keyword) }
            return (keywords, nil)
        }
        var levels = LevelWords()
        scanner.scan(text) { keyword, end in
            keywords.insert(keyword)
            levels.note(keyword, endingAt: end, in: text)
        }
        return (keywords, levels.level)
    }

    /// A time more than a day ahead is a mistake, and would stay the newest for ever.
    private static func timestamp(_ parsed: ParsedLog, _ entry: LogEntry, _ now: WallTime) -> WallTime {
        let latest = now + 86_400_000
        if let time = parsed.timestamp, time < latest { return time }
        if let time = entry.timestamp, time < latest { return time }
        return now
    }

    /// The frames of a stack trace say nothing about what it is about.
    private func essentialKeywords(_ keywords: KeywordSet, _ message: ByteText) -> KeywordSet {
        message.contains(0x0A) ? scanner.keywords(in: Essence.of(message)) : keywords
    }

    private mutating func mine(
        _ parsed: ParsedLog, _ text: ByteText, _ level: LogLevel, _ now: WallTime
    ) -> TemplateMatch {
        switch parsed.format {
        case .accessCommon, .accessCombined:
            guard let parts = WebRequestParts(parsed, text) else { break }
            return miner.add(request: parts, level: level, now: now)
        default: break
        }
        return miner.add(Essence.of(text[parsed.messageRange]), level: level, now: now)
    }

    private mutating func count(_ entry: LogEntry, _ level: LogLevel, _ threats: [Threat], _ template: TemplateMatch) {
        counted.lines += 1
        counted.bytes += entry.message.count
        counted.levels[Int(level.rawValue)] += 1
        counted.threats += threats.count
        if template.isNew { counted.newTemplates += 1 }
    }

    /// The gravest of what the level and the threats say. A request that was refused is no warning of the server's.
    private static func severity(_ level: LogLevel, _ threats: [Threat], _ format: LogFormat) -> LogSeverity {
        let own: LogSeverity =
            switch level {
            case .fatal: .critical
            case .error: .high
            case .warn: format == .accessCommon || format == .accessCombined ? .low : .medium
            default: .low
            }
        return threats.reduce(own) { max($0, $1.severity) }
    }
}

/// What of a message says what it is about: the first line; of a Python traceback the last one, which names the
/// exception; of a panic in Rust the second one.
enum Essence {
    static func of(_ message: ByteText) -> ByteText {
        guard let end = message.index(of: 0x0A) else { return message }
        if TraceShape.isPythonHead(message), let last = message.trimmed.lastIndex(of: 0x0A) {
            return message.from(last + 1)
        }
        if TraceShape.isRustHead(message) {
            return message.slice(end + 1, message.index(of: 0x0A, from: end + 1) ?? message.count)
        }
        return message.prefix(end)
    }
}
