/// What a line can be within a stack trace, by its own looks.
enum TraceShape {
    /// Whether a line may be the first of a trace, so that it is worth waiting for the next one. Few lines are.
    static func mayBegin(_ line: ByteText) -> Bool {
        // Whoever begins with white space continues something.
        guard !line.isEmpty, !line[0].isSpace else { return false }
        let line = line.prefix(512)
        return line.has("Traceback (most recent call last)") || line.has("panic: ") || line.has("fatal error: ")
            || line.has("goroutine ") || line.has("thread '") || line.contains("Exception") || line.contains("Error")
            || line.contains("ERROR") || line.contains("FATAL") || line.contains("SEVERE") || line.contains("error")
            || line.contains("panicked at") || line.contains("exception")
    }

    /// Frames of Java, Node and .NET, and what Java and .NET write between them.
    static func isFrame(_ line: ByteText) -> Bool {
        guard line[0].isSpace else {
            return line.has("Caused by: ") || line.has("Suppressed: ") || isQualifiedException(line)
        }
        let text = line.trimmed
        return text.has("at ")
            || text.has("... ") && (text.hasSuffix(" more") || text.hasSuffix(" common frames omitted"))
            || text.has("Suppressed: ") || text.has("Caused by: ") || text.has("---> ") || text.has("--- End of ")
            || text.has("[CIRCULAR REFERENCE")
    }

    /// `java.lang.IllegalStateException: closed`, as it follows the line of the logger.
    static func isQualifiedException(_ line: ByteText) -> Bool {
        var end = 0
        var dots = 0
        while line[end].isWord || line[end] == UInt8(ascii: ".") || line[end] == UInt8(ascii: "$") {
            if line[end] == UInt8(ascii: ".") { dots += 1 }
            end += 1
        }
        guard dots >= 1, end == line.count || line[end] == UInt8(ascii: ":") else { return false }
        let name = line.prefix(end)
        return name.hasSuffix("Exception") || name.hasSuffix("Error") || name.hasSuffix("Throwable")
    }

    static func isPythonHead(_ line: ByteText) -> Bool { line.has("Traceback (most recent call last)") }

    /// What Python writes between two traces that belong together.
    static func isPythonLink(_ line: ByteText) -> Bool {
        line.has("During handling of the above exception") || line.has("The above exception was the direct cause")
    }

    static func isGoHead(_ line: ByteText) -> Bool {
        line.has("panic: ") || line.has("fatal error: ") || line.has("goroutine ")
    }

    /// After the head of a Go trace: states, functions, their files.
    static func isGoLine(_ line: ByteText) -> Bool {
        line.isEmpty || line[0] == 0x09 || line.has("goroutine ") || line.has("created by ") || line.has("exit status ")
            || line.has("[signal ") || line.has("panic: ") || line.has("runtime stack:") || isGoFunction(line)
    }

    /// `main.f(0x12, ...)`, `net/http.(*conn).serve(...)`.
    private static func isGoFunction(_ line: ByteText) -> Bool {
        guard line[line.count - 1] == UInt8(ascii: ")"), line[0].isLetter, let dot = line.index(of: UInt8(ascii: ".")),
            let open = line.index(of: UInt8(ascii: "("))
        else { return false }
        return dot < open || line[dot + 1] == UInt8(ascii: "(") ? !line.prefix(open).contains(0x20) : false
    }

    static func isRustHead(_ line: ByteText) -> Bool { line.has("thread '") && line.contains("panicked at") }

    /// After the message of a Rust panic.
    static func isRustLine(_ line: ByteText) -> Bool {
        if line.has("stack backtrace:") || line.has("note: ") { return true }
        guard line[0].isSpace else { return false }
        let text = line.trimmed
        let digits = text.digitRun(at: 0)
        return text.has("at ") || (digits > 0 && text.has(": ", at: digits))
    }
}
