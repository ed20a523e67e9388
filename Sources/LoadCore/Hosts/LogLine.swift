import JSON

/// Writes log lines as programs do: JSON, logfmt, syslog, nginx's access log, and plain text.
///
/// Every line says which agent's it is and which number it has, as `a3n17`; some carry a needle, `needle-RUN-3-17`. The
/// same run, agent and number give the same line at any time.
struct LogLine {
    enum Format: CaseIterable { case json, logfmt, syslog, access, plain }
    enum Level: String { case debug = "DEBUG", info = "INFO", warn = "WARN", error = "ERROR" }

    let run: String
    let agent: Int
    let number: UInt64
    /// Of the line's own time.
    let milliseconds: Int64
    let hasNeedle: Bool
    /// Bytes that the line has; where its fixed part is longer, that.
    let size: Int
    let format: Format
    let level: Level
    private let sentence: LogWords.Sentence
    private let component: [UInt8]
    /// A number of no meaning.
    private let figure: UInt64
    private let fillerStart: Int

    /// Smallest size that may be asked for: what lines without a needle take.
    static let minimumSize = 200

    init(run: String, agent: Int, number: UInt64, milliseconds: Int64, hasNeedle: Bool, size: Int) {
        self.run = run
        self.agent = agent
        self.number = number
        self.milliseconds = milliseconds
        self.hasNeedle = hasNeedle
        self.size = size
        var mix = NumberMix(seed: number &* 0x1_0000_01b3 &+ UInt64(agent))
        format = Self.format(mix.next() % 100, hasNeedle: hasNeedle)
        level = Self.level(mix.next() % 1_000)
        let choice = mix.next()
        let sentences =
            switch level {
            case .error: LogWords.bad
            case .warn: LogWords.suspicious
            case .info, .debug: LogWords.usual
            }
        sentence = sentences[Int(choice % UInt64(sentences.count))]
        component = LogWords.components[Int((choice >> 32) % UInt64(LogWords.components.count))]
        figure = mix.next() % 100_000
        fillerStart = Int(mix.next() % UInt64(LogWords.fillerBytes))
    }

    /// An access log has no text of its own, so a needle is never in one.
    private static func format(_ share: UInt64, hasNeedle: Bool) -> Format {
        switch share {
        case ..<40: .json
        case ..<60: .logfmt
        case ..<75: .syslog
        case ..<90: hasNeedle ? .json : .access
        default: .plain
        }
    }

    /// 2 % errors, 5 % warnings.
    private static func level(_ share: UInt64) -> Level {
        switch share {
        case ..<20: .error
        case ..<70: .warn
        case ..<120: .debug
        default: .info
        }
    }

    static func needle(run: String, agent: Int, number: UInt64) -> String { "needle-\(run)-\(agent)-\(number)" }

    /// Puts the line, without a line break, in place of what `line` holds.
    func write(to line: inout [UInt8]) {
        line.removeAll(keepingCapacity: true)
        switch format {
        case .json: writeJSON(to: &line)
        case .logfmt: writeLogfmt(to: &line)
        case .syslog: writeSyslog(to: &line)
        case .access: writeAccess(to: &line)
        case .plain: writePlain(to: &line)
        }
    }

    // MARK: - Formats

    private func writeJSON(to line: inout [UInt8]) {
        line += #"{"ts":""#.utf8
        writeTime(to: &line)
        line += "\",\"level\":\"\(level.rawValue.lowercased())\",\"logger\":\"".utf8
        line += component
        line += #"","msg":""#.utf8
        writeMessage(to: &line)
        line += "\",\"duration_ms\":\(figure % 1_000),\"detail\":\"".utf8
        fill(&line, keeping: 2)
        line += "\"}".utf8
    }

    private func writeLogfmt(to line: inout [UInt8]) {
        line += "ts=".utf8
        writeTime(to: &line)
        line += " level=\(level.rawValue.lowercased()) component=".utf8
        line += component
        line += " msg=\"".utf8
        writeMessage(to: &line)
        line += "\" duration_ms=\(figure % 1_000) detail=\"".utf8
        fill(&line, keeping: 1)
        line.append(UInt8(ascii: "\""))
    }

    private func writeSyslog(to line: inout [UInt8]) {
        writeTime(to: &line)
        line += " host-\(agent) ".utf8
        line += component
        line += "[\(1_000 + agent)]: \(level.rawValue): ".utf8
        writeMessage(to: &line)
        line.append(UInt8(ascii: " "))
        fill(&line, keeping: 0)
    }

    private func writeAccess(to line: inout [UInt8]) {
        var time: [UInt8] = []
        writeTime(to: &time)
        let month = Int(time[5] - 48) * 10 + Int(time[6] - 48)
        line += "192.0.2.\(figure % 250) - - [".utf8
        line += time[8..<10] + [UInt8(ascii: "/")] + LogWords.months[month - 1] + [UInt8(ascii: "/")] + time[0..<4]
        line += [UInt8(ascii: ":")] + time[11..<19]
        let status = level == .error ? 502 : level == .warn ? 404 : 200
        line +=
            " +0000] \"GET /api/orders/\(figure)?trace=a\(agent)n\(number) HTTP/1.1\" \(status) \(figure) \"-\" \"".utf8
        line += "Mozilla/5.0 (".utf8
        fill(&line, keeping: 2)
        line += ")\"".utf8
    }

    private func writePlain(to line: inout [UInt8]) {
        writeTime(to: &line)
        line += " \(level.rawValue) ".utf8
        line += component
        line += ": ".utf8
        writeMessage(to: &line)
        line.append(UInt8(ascii: " "))
        fill(&line, keeping: 0)
    }

    // MARK: - Parts

    private func writeTime(to line: inout [UInt8]) {
        Timestamp.append(millisecondsSince1970: milliseconds, to: &line)
    }

    private func writeMessage(to line: inout [UInt8]) {
        line += sentence.before
        line += figure.description.utf8
        line += sentence.after
        line += " a\(agent)n\(number)".utf8
        if hasNeedle { line += " \(Self.needle(run: run, agent: agent, number: number))".utf8 }
    }

    /// Words up to the line's size, less what is still to come.
    private func fill(_ line: inout [UInt8], keeping rest: Int) {
        var missing = size - rest - line.count
        var at = fillerStart
        while missing > 0 {
            let piece = LogWords.filler[at..<min(at + missing, LogWords.filler.count)]
            line += piece
            missing -= piece.count
            at = 0
        }
    }
}
