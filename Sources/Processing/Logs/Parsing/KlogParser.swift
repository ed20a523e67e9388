import Model

/// klog and glog: `E1123 15:34:26.123456    1234 controller.go:12] message`.
enum KlogParser {
    static func parse(_ text: ByteText, _ context: TimeContext, into parsed: inout ParsedLog) -> Bool {
        guard let level = LogLevel(letter: text[0]), let time = LineTime(klogIn: text, at: 1, context: context),
            let close = text.prefix(256).index(of: "] ", from: time.end)
        else { return false }
        var start = time.end
        while text[start] == UInt8(ascii: " ") { start += 1 }
        let thread = text.slice(start, start + text.digitRun(at: start))
        let location = text.slice(start + thread.count + 1, close)
        guard !thread.isEmpty, let colon = location.lastIndex(of: UInt8(ascii: ":")) else { return false }
        parsed.format = .klog
        parsed.timestamp = time.time
        parsed.level = level
        parsed.setComponent(location.prefix(colon), in: text)
        parsed.append("thread", thread, in: text, kind: JSONScalar.isNumber(thread) ? .number : .text)
        parsed.append("line", location.from(colon + 1), in: text)
        parsed.setMessage(text.from(close + 2), in: text)
        return true
    }
}

/// The kernel's ring buffer: `[   12.345678] Out of memory: ...`. Its times count from the boot, so they are no
/// timestamp.
enum KernelLineParser {
    static func parse(_ text: ByteText, into parsed: inout ParsedLog) -> Bool {
        var position = 1
        while text[position] == UInt8(ascii: " ") { position += 1 }
        let start = position
        position += text.digitRun(at: position)
        guard position > start, text[position] == UInt8(ascii: "."), text.digitRun(at: position + 1) == 6,
            text.has("] ", at: position + 7)
        else { return false }
        parsed.format = .kernel
        parsed.append("since_boot", text.slice(start, position + 7), in: text)
        parsed.setMessage(text.from(position + 9), in: text)
        return true
    }
}
