import Model

/// Lines that are one JSON object. Only its own members are looked at; what is nested is skipped without recursion and
/// kept as text. It is more lenient than a JSON parser where that does no harm (it does not check numbers inside nested
/// values), because a line must never be lost for its syntax: what is not understood is a plain line.
enum JSONLineParser {
    private struct Member {
        var name: ByteText
        var value: ByteText
        var kind: Kind

        enum Kind { case string(hasEscapes: Bool), scalar, nested }
    }

    /// What is known of a member by its name; the lower, the better it fits.
    private struct Ranks {
        var message = Int.max
        var component = Int.max
    }

    static func parse(
        _ text: ByteText, in line: ByteText, _ context: TimeContext, into parsed: inout ParsedLog
    ) -> Bool {
        var draft = parsed
        draft.format = .json
        draft.messageRange = .empty
        var ranks = Ranks()
        var position = text.offset(in: line) + 1
        while let member = nextMember(line, at: &position) {
            take(member, line, context, &ranks, &draft)
        }
        skipSpace(line, &position)
        guard line[position] == UInt8(ascii: "}"), position + 1 == text.offset(in: line) + text.count else {
            return false
        }
        if ranks.message == .max { draft.setMessage(text, in: line) }
        parsed = draft
        return true
    }

    private static func take(
        _ member: Member, _ line: ByteText, _ context: TimeContext, _ ranks: inout Ranks, _ parsed: inout ParsedLog
    ) {
        switch KnownName(member.name) {
        case .time:
            if parsed.timestamp == nil, let time = LineTime(fieldIn: member.value, context: context) {
                parsed.timestamp = time.time
                return
            }
        case .level:
            if parsed.level == nil, let level = level(member) {
                parsed.level = level
                return
            }
        case .message(let rank):
            if rank < ranks.message, case .string = member.kind {
                ranks.message = rank
                parsed.messageRange = textRange(member, line, &parsed)
                return
            }
        case .component(let rank):
            if rank < ranks.component, case .string = member.kind {
                ranks.component = rank
                parsed.componentRange = textRange(member, line, &parsed)
                return
            }
        case nil: break
        }
        appendField(member, line, &parsed)
    }

    private static func level(_ member: Member) -> LogLevel? {
        if case .string = member.kind {
            return LogLevel(word: member.value) ?? member.value.unsigned.flatMap { LogLevel(number: $0) }
        }
        return member.value.unsigned.flatMap { LogLevel(number: $0) }
    }

    private static func appendField(_ member: Member, _ line: ByteText, _ parsed: inout ParsedLog) {
        guard parsed.fields.count < ParsedLog.maximumFields else { return }
        let kind: LogField.Kind =
            switch member.kind {
            case .scalar: member.value[0].isLetter ? .literal : JSONScalar.isNumber(member.value) ? .number : .text
            default: .text
            }
        let name = LogField.Name.inLine(parsed.range(member.name, in: line))
        parsed.append(LogField(name: name, value: textRange(member, line, &parsed), kind: kind))
    }

    private static func textRange(_ member: Member, _ line: ByteText, _ parsed: inout ParsedLog) -> ByteRange {
        guard case .string(hasEscapes: true) = member.kind else { return parsed.range(member.value, in: line) }
        return parsed.store(Unescape.json(member.value))
    }
}

// MARK: - Syntax

extension JSONLineParser {
    /// The member at `position`, which is stepped over, with the comma. Nil at the end and where it is malformed.
    private static func nextMember(_ line: ByteText, at position: inout Int) -> Member? {
        var next = position
        skipSpace(line, &next)
        if line[next] == UInt8(ascii: ",") {
            next += 1
            skipSpace(line, &next)
        }
        guard line[next] == UInt8(ascii: "\""), let name = string(line, at: &next) else { return nil }
        skipSpace(line, &next)
        guard line[next] == UInt8(ascii: ":") else { return nil }
        next += 1
        skipSpace(line, &next)
        guard let (value, kind) = value(line, at: &next) else { return nil }
        skipSpace(line, &next)
        guard line[next] == UInt8(ascii: ",") || line[next] == UInt8(ascii: "}") else { return nil }
        position = next
        return Member(name: name.text, value: value, kind: kind)
    }

    private static func value(_ line: ByteText, at position: inout Int) -> (ByteText, Member.Kind)? {
        switch line[position] {
        case UInt8(ascii: "\""):
            guard let string = string(line, at: &position) else { return nil }
            return (string.text, .string(hasEscapes: string.hasEscapes))
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let start = position
            guard skipNested(line, &position) else { return nil }
            return (line.slice(start, position), .nested)
        default:
            let start = position
            while JSONScalar.mayContain(line[position]) { position += 1 }
            let scalar = line.slice(start, position)
            return JSONScalar.isValid(scalar) ? (scalar, .scalar) : nil
        }
    }

    /// What stands between the quotes; steps behind the closing one.
    private static func string(_ line: ByteText, at position: inout Int) -> (text: ByteText, hasEscapes: Bool)? {
        let start = position + 1
        var next = start
        var hasEscapes = false
        while next < line.count {
            switch line[next] {
            case UInt8(ascii: "\""):
                position = next + 1
                return (line.slice(start, next), hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                next += 2
            default: next += 1
            }
        }
        return nil
    }

    /// Counts brackets outside of strings. Depth costs nothing, so a bomb of brackets is only a long line.
    private static func skipNested(_ line: ByteText, _ position: inout Int) -> Bool {
        var depth = 0
        while position < line.count {
            switch line[position] {
            case UInt8(ascii: "\""):
                guard string(line, at: &position) != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return true }
        }
        return false
    }

    private static func skipSpace(_ line: ByteText, _ position: inout Int) {
        while line[position].isSpace { position += 1 }
    }
}
