import Model

// MARK: - What programs call them

extension LogLevel {
    /// Any of the names that loggers use, in any case: `warning`, `SEVERE`, `crit`, `dbg`...
    init?(word: ByteText) {
        guard word.count >= 3, word.count <= 13 else { return nil }
        for (name, level) in Self.names[Int(word[0].lowercased & 31)] where word.equalsIgnoringCase(name) {
            self = level
            return
        }
        return nil
    }

    /// The single letters of klog, glog and Android.
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "T"), UInt8(ascii: "V"): self = .trace
        case UInt8(ascii: "D"): self = .debug
        case UInt8(ascii: "I"): self = .info
        case UInt8(ascii: "W"): self = .warn
        case UInt8(ascii: "E"): self = .error
        case UInt8(ascii: "F"), UInt8(ascii: "C"): self = .fatal
        default: return nil
        }
    }

    /// Severities of syslog and journald: 0 (emergency) to 7 (debug).
    init?(syslogSeverity severity: Int) {
        switch severity {
        case 0...2: self = .fatal
        case 3: self = .error
        case 4: self = .warn
        case 5, 6: self = .info
        case 7: self = .debug
        default: return nil
        }
    }

    /// Numbers in JSON lines: 10 to 60 by pino and bunyan, 0 to 7 by GELF and journald.
    init?(number: Int) {
        switch number {
        case 0...7: self.init(syslogSeverity: number)
        case 10..<20: self = .trace
        case 20..<30: self = .debug
        case 30..<40: self = .info
        case 40..<50: self = .warn
        case 50..<60: self = .error
        case 60..<70: self = .fatal
        default: return nil
        }
    }

    /// Of a web server's answer.
    init(httpStatus status: Int) {
        self = status >= 500 ? .error : status >= 400 ? .warn : .info
    }

    /// By the low five bits of the first letter, so that most words are refused at once.
    private static let names: [[(StaticString, LogLevel)]] = {
        let all: [(StaticString, LogLevel)] = [
            ("trace", .trace), ("trc", .trace), ("finest", .trace), ("finer", .trace), ("fine", .trace),
            ("debug", .debug), ("dbg", .debug), ("verbose", .debug), ("config", .debug),
            ("info", .info), ("inf", .info), ("information", .info), ("informational", .info), ("notice", .info),
            ("warn", .warn), ("warning", .warn), ("wrn", .warn),
            ("error", .error), ("err", .error), ("severe", .error),
            ("fatal", .fatal), ("ftl", .fatal), ("critical", .fatal), ("crit", .fatal), ("alert", .fatal),
            ("emerg", .fatal), ("emergency", .fatal), ("panic", .fatal), ("dpanic", .fatal),
        ]
        var byLetter = [[(StaticString, LogLevel)]](repeating: [], count: 32)
        for entry in all { byLetter[Int(entry.0.utf8Start[0] & 31)].append(entry) }
        return byLetter
    }()
}
