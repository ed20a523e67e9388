import Model
import Testing

@testable import Processing

/// What programs printed here: Java 17, Python 3.11, Node 20, Go 1.19, Rust 1.9x.
private enum Captured {
    static let java = [
        "Exception in thread \"main\" java.lang.RuntimeException: cannot load user 42", "\tat T.b(T.java:3)",
        "\tat T.main(T.java:5)", "Caused by: java.lang.IllegalStateException: cache is closed", "\tat T.a(T.java:2)",
        "\t... 9 more",
    ]
    static let javaLogged = [
        "2026-11-23 15:33:06,703 ERROR [main] com.acme.Orders - request failed",
        "java.lang.RuntimeException: cannot load user 42", "\tat T.b(T.java:3)",
        "\tat java.base/java.lang.reflect.Method.invoke(Method.java:569)",
        "Caused by: java.lang.IllegalStateException: cache is closed", "\tat T.a(T.java:2)", "\t... 9 more",
    ]
    static let python = [
        "2026-11-23 15:33:06,703 ERROR [orders.api] request 7f3a failed", "Traceback (most recent call last):",
        "  File \"/tmp/logcap/t.py\", line 5, in <module>", "    try: f()", "         ^^^",
        "  File \"/tmp/logcap/t.py\", line 4, in f", "    def f(): return {}[\"user\"]", "KeyError: 'user'",
    ]
    static let pythonChained = [
        "Traceback (most recent call last):", "  File \"/tmp/logcap/t.py\", line 9, in g", "    try: f()",
        "KeyError: 'user'", "", "The above exception was the direct cause of the following exception:", "",
        "Traceback (most recent call last):", "  File \"/tmp/logcap/t.py\", line 11, in <module>", "    g()",
        "ValueError: bad user",
    ]
    static let node = [
        "handler failed: TypeError: Cannot read properties of null (reading 'foo')", "    at a (/tmp/logcap/t.js:1:46)",
        "    at b (/tmp/logcap/t.js:1:66)", "    at Object.<anonymous> (/tmp/logcap/t.js:2:7)",
        "    at node:internal/main/run_main_module:28:49",
    ]
    static let go = [
        "panic: assignment to entry in nil map", "", "goroutine 1 [running]:", "main.f(...)", "\t/tmp/logcap/main.go:3",
        "main.main()", "\t/tmp/logcap/main.go:4 +0x5f", "exit status 2",
    ]
    static let rust = [
        "thread 'main' (17896) panicked at t.rs:1:34:", "index out of bounds: the len is 1 but the index is 7",
        "stack backtrace:", "   0: __rustc::rust_begin_unwind",
        "             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5",
        "   6: t::f", "             at ./t.rs:1:34",
        "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
    ]
    static let dotnet = [
        "Unhandled exception. System.InvalidOperationException: outer",
        " ---> System.NullReferenceException: Object reference not set to an instance of an object.",
        "   at Program.A() in /app/Program.cs:line 3", "   --- End of inner exception stack trace ---",
        "   at Program.Main() in /app/Program.cs:line 9",
    ]
    static let all = [java, javaLogged, python, pythonChained, node, go, rust, dotnet]
}

@Suite("Stack traces")
struct StackTraceTests {
    private func join(_ lines: [String], limits: StackTraceJoiner.Limits = .init()) -> [StackTraceJoiner.Joined] {
        var joiner = StackTraceJoiner(limits: limits)
        var joined: [StackTraceJoiner.Joined] = []
        for (index, line) in lines.enumerated() {
            joiner.add(LogEntry(line), number: UInt64(index + 1), now: noon) { joined.append($0) }
        }
        joiner.flush(now: nil) { joined.append($0) }
        return joined
    }

    @Test("a trace becomes one entry, between lines that stay what they were", arguments: Captured.all)
    func joins(trace: [String]) {
        let joined = join(["up and running"] + trace + ["next line", "another"])
        #expect(
            joined.map(\.entry) == [
                LogEntry("up and running"), LogEntry(trace.joined(separator: "\n")), LogEntry("next line"),
                LogEntry("another"),
            ])
        #expect(joined[1].first == 2 && joined[1].last == UInt64(trace.count + 1))
    }

    @Test("a trace right behind another is another entry", arguments: Captured.all)
    func twice(trace: [String]) {
        let joined = join(trace + trace)
        // Tracebacks of Go end with the process, and Python's last line may be followed by the next head.
        let mayJoin = trace == Captured.go || trace == Captured.pythonChained
        #expect(joined.count == 2 || mayJoin)
    }

    @Test("ordinary lines pass at once")
    func passes() {
        var joiner = StackTraceJoiner()
        var emitted = 0
        for number in 1...3 {
            joiner.add(LogEntry("line \(number)"), number: UInt64(number), now: noon) { _ in emitted += 1 }
        }
        #expect(emitted == 3)
        #expect(joiner.firstHeld == nil)
    }

    @Test("a line that may begin a trace waits for the next line or the time, and says so meanwhile")
    func waits() {
        var joiner = StackTraceJoiner()
        var emitted: [String] = []
        func note(_ joined: StackTraceJoiner.Joined) {
            emitted.append(String(decoding: joined.entry.message, as: UTF8.self))
        }
        joiner.add(LogEntry("Error: x"), number: 7, now: noon) { note($0) }
        #expect(emitted.isEmpty && joiner.firstHeld == 7)
        joiner.flush(now: noon + 999) { note($0) }
        #expect(emitted.isEmpty)
        joiner.flush(now: noon + 1_000) { note($0) }
        #expect(emitted == ["Error: x"] && joiner.firstHeld == nil)
        joiner.add(LogEntry("Error: y"), number: 8, now: noon) { note($0) }
        joiner.add(LogEntry("plain"), number: 9, now: noon) { note($0) }
        #expect(emitted == ["Error: x", "Error: y", "plain"])
    }

    @Test("a trace that trickles is cut after a while")
    func trickles() {
        var joiner = StackTraceJoiner()
        var emitted: [UInt64] = []
        for number in 1...20 as ClosedRange<UInt64> {
            let now = noon + Int(number) * 900
            joiner.add(LogEntry(number == 1 ? "Error: x" : "    at f (x.js:1:1)"), number: number, now: now) {
                emitted.append($0.last)
            }
            joiner.flush(now: now) { emitted.append($0.last) }
        }
        #expect(emitted.first == 7 && joiner.cuts >= 1)
    }

    @Test("a clock that was set back does not hold lines for ever")
    func clockBack() {
        var joiner = StackTraceJoiner()
        var emitted = 0
        joiner.add(LogEntry("Error: x"), number: 1, now: noon) { _ in emitted += 1 }
        joiner.flush(now: WallTime(millisecondsSince1970: 0)) { _ in emitted += 1 }
        #expect(emitted == 1)
    }

    @Test("lines and bytes are bounded; what is beyond passes as it is")
    func bounds() {
        let endless = ["Error: x"] + [String](repeating: "    at f (x.js:1:1)", count: 1_000)
        let byLines = join(endless, limits: .init(lines: 10))
        #expect(byLines.first?.last == 10)
        #expect(byLines.count == 1 + 991)
        let byBytes = join(endless, limits: .init(bytes: 100))
        #expect(byBytes.allSatisfy { $0.entry.message.count <= 100 })
    }

    @Test("sources do not mix, and too many of them are let go of")
    func sources() {
        var joiners = TraceJoiners(maximumSources: 2)
        var emitted: [String] = []
        func add(_ line: String, _ source: String, _ number: UInt64) {
            joiners.add(LogEntry(line), source: Array(source.utf8), number: number, now: noon) {
                emitted.append(String(decoding: $0.entry.message, as: UTF8.self))
            }
        }
        add("Error: a", "a", 1)
        add("Error: b", "b", 2)
        add("    at a", "a", 3)
        #expect(emitted.isEmpty && joiners.firstHeld == 1)
        add("Error: c", "c", 4)
        #expect(emitted == ["Error: b"])
        joiners.flush(now: noon + 5_000) { emitted.append(String(decoding: $0.entry.message, as: UTF8.self)) }
        #expect(Set(emitted) == ["Error: b", "Error: a\n    at a", "Error: c"])
    }

    @Test("all sources together hold so many bytes; what has been held for longest goes first")
    func heldBytes() {
        var joiners = TraceJoiners(maximumHeldBytes: 100)
        var emitted: [String] = []
        for (index, source) in ["a", "b", "c"].enumerated() {
            joiners.add(
                LogEntry("Error: " + String(repeating: source, count: 40)), source: Array(source.utf8),
                number: UInt64(index + 1), now: noon
            ) { emitted.append(String(decoding: $0.source, as: UTF8.self)) }
        }
        #expect(emitted == ["a"] && joiners.firstHeld == 2)
    }

    @Test("a joined trace keeps its level and component; a traceback's template is its exception")
    func processed() {
        var processor = LogProcessor()
        let python = processor.process(LogEntry(Captured.python.joined(separator: "\n")), now: noon)
        #expect(python.level == .error)
        #expect(python.component == "orders.api")
        let chained = processor.process(LogEntry(Captured.pythonChained.joined(separator: "\n")), now: noon)
        #expect(chained.template.template.text == "ValueError: bad user")
        #expect(chained.level == .error)
        let rust = processor.process(LogEntry(Captured.rust.joined(separator: "\n")), now: noon)
        #expect(rust.template.template.text == "index out of bounds: the len is <num> but the index is <num>")
        #expect(rust.level == .error)
        let node = processor.process(LogEntry("TypeError: x\n    at Timeout.b (/x.js:1:2)"), now: noon)
        #expect(node.category == .error)
    }
}
