import Model
import Testing

@testable import Processing

@Suite("Levels by words")
struct LevelWordsTests {
    private func level(_ text: String) -> LogLevel {
        var processor = LogProcessor()
        return processor.process(LogEntry(text), now: noon).level
    }

    @Test(
        "prose that tells of an error is one",
        arguments: [
            "could not connect to 10.0.0.1", "request failed after 3 attempts", "TypeError: x is not a function",
            "java.lang.NullPointerException", "open /x: permission denied", "write: no space left on device",
            "connection refused", "5 errors found", "errors: 3", "Traceback (most recent call last):",
            "an error occurred", "unable to bind port", "listening on port failed",
        ])
    func errors(text: String) { #expect(level(text) == .error) }

    @Test(
        "what is denied, counted as zero or only named is no error",
        arguments: [
            "0 errors", "done with 0 parse errors", "error_count=0", "no error", "no fatal errors", "failed=0 ok=7",
            "errors: 0", #"{"x":1} errors=0"#, "error=nil", "result, error: none", #"{"ok":1,"errors":[]}"#,
            #"{"ok":1,"error":""}"#, #"{"ok":1,"error":null,"x":2}"#, "tests passed: 10, failed: 0",
            "opened /var/log/error.log", "the error handler is registered", "error rate 0.1%", "errorless",
            "terror in the night", "non-error path", "exit without error", "started; will retry on error",
            "error=false",
            "0 warnings, 0 errors", "https://example.com/error/page", "--fail-on-error is set",
        ])
    func harmless(text: String) { #expect(level(text) == .info) }

    @Test(
        "warnings",
        arguments: [
            "warning: x", "WARN x", "this is deprecated", "read timed out", "upstream timeout", "retrying in 5 s",
            "Warning! Low disk",
        ])
    func warnings(text: String) { #expect(level(text) == .warn) }

    @Test(
        "fatal is what is said to be",
        arguments: ["FATAL: role does not exist", "panic: nil map", "Kernel panic - not syncing"])
    func fatal(text: String) { #expect(level(text) == .fatal) }

    @Test("a panic that is only talked about is none")
    func notFatal() {
        #expect(level("the panic button was pressed") == .error)
        #expect(level("non-fatal condition") == .info)
    }

    @Test("what the line says is preferred to the agent, the agent to words")
    func order() {
        var processor = LogProcessor()
        var entry = LogEntry("INFO: error recovered")
        entry.level = .debug
        #expect(processor.process(entry, now: noon).level == .info)
        entry.message = Array("an error occurred".utf8)
        #expect(processor.process(entry, now: noon).level == .debug)
    }

    @Test("every keyword is found, wherever it stands and in any case")
    func keywords() {
        #expect(Keyword.allCases.count <= 192)
        for keyword in Keyword.allCases {
            let text = ByteText(keyword.text).string
            let line = Array("x\(text.uppercased())y".utf8)
            #expect(line.withByteText { KeywordScanner.shared.keywords(in: $0).contains(keyword) }, "\(text)")
        }
    }
}
