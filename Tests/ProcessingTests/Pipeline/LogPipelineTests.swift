import JSON
import Model
import Testing

@testable import Processing

@Suite("Pipeline: logs")
struct LogPipelineTests {
    private let agent = AgentID("a")
    private let failure = "Nov 23 15:34:14 web1 sshd[19]: Failed password for root from 203.0.113.7 port 4 ssh2"

    @Test("a line is kept with its level, component, message and fields, and with its position")
    func record() throws {
        let pipe = Pipe()
        pipe.log([#"{"level":"error","logger":"orders","msg":"no stock","sku":17,"where":"a\"b"}"#], 3)
        pipe.tick(4)
        let record = try #require(pipe.actions.logs.first)
        #expect(record.level == .error && record.component == "orders" && record.message == "no stock")
        #expect(record.source == "/var/log/x" && record.agent == agent)
        let attributes = try JSONParser.parse(record.attributes)
        #expect(attributes["sku"]?.int == 17 && attributes["where"]?.string == "a\"b")
        #expect(pipe.actions.positions == [StreamPosition(agent: agent, type: .logAggregation, origin: 1, seq: 1)])
    }

    @Test("what the agent knows of a line goes with it; fields of the line come first, and of two the later counts")
    func attributes() throws {
        let pipe = Pipe()
        let attributes = [("unit", "first"), ("unit", "second"), ("sku", "agent's"), ("\u{0}", "\u{0}")].map {
            LogAttribute(name: Array($0.0.utf8), value: Array($0.1.utf8))
        }
        let entry = LogEntry(message: Array(#"{"msg":"m","sku":17}"#.utf8), attributes: attributes)
        pipe.feed(.logLine(LogLine(entry, source: [], number: ItemNumber(origin: 1, seq: 1))), 0)
        let kept = try JSONParser.parse(try #require(pipe.actions.logs.first).attributes)
        #expect(kept["unit"]?.string == "second" && kept["sku"]?.int == 17)
    }

    @Test("lines that came before are not taken again; another count begins anew")
    func repeated() {
        let pipe = Pipe()
        pipe.log(["one", "two"], from: 1)
        pipe.log(["two", "three"], from: 2)
        #expect(pipe.actions.logs.map(\.message) == ["one", "two", "three"])
        #expect(pipe.engine.counters.repeated == 1)
        pipe.log(["anew"], from: 1, origin: 2)
        #expect(pipe.actions.positions.last == StreamPosition(agent: agent, type: .logAggregation, origin: 2, seq: 1))
    }

    @Test("the first line of a stack trace holds the position back until the trace is complete")
    func heldBack() {
        let pipe = Pipe()
        pipe.log(["plain", "Error: x"], from: 1)
        pipe.log(["other"], from: 3, source: "/var/log/y")
        #expect(pipe.actions.positions.map(\.seq) == [1])
        pipe.log(["    at f (x.js:1:1)"], from: 4)
        pipe.tick(0.5)
        #expect(pipe.actions.positions.map(\.seq) == [1])
        pipe.tick(1.5)
        #expect(pipe.actions.positions.map(\.seq) == [1, 1, 4])
        #expect(pipe.actions.logs.last?.message == "x\n    at f (x.js:1:1)")
        #expect(pipe.engine.counters.joinedEntries == 1)
    }

    @Test("lines that wait behind a held one are bounded, in number and in bytes")
    func waiting() {
        let pipe = Pipe(rules: [])
        pipe.log(["Error: x"], from: 1, source: "held")
        pipe.log([String](repeating: "short", count: 10_000), from: 2)
        #expect(pipe.actions.isEmpty)
        pipe.log(["short"], from: 10_002)
        #expect(pipe.actions.logs.count == 10_002 && pipe.actions.positions.last?.seq == 10_002)
        pipe.actions = []
        pipe.log(["Error: x"], from: 10_003, source: "held")
        let long = String(repeating: "long", count: 1_000)
        pipe.log([String](repeating: long, count: 200), from: 10_004)
        #expect(pipe.actions.isEmpty)
        pipe.log([String](repeating: long, count: 100), from: 10_204)
        #expect(pipe.actions.logs.count == 301)
    }

    @Test("lines that the agent dropped move the position on; behind a held line it waits")
    func gap() {
        let pipe = Pipe()
        pipe.log(["plain"], from: 1)
        pipe.feed(.gap(.logAggregation, ItemNumber(origin: 1, seq: 9)), 0)
        pipe.log(["Error: x"], from: 10)
        pipe.feed(.gap(.logAggregation, ItemNumber(origin: 1, seq: 20)), 0)
        #expect(pipe.actions.positions.map(\.seq) == [1, 9])
        pipe.tick(2)
        #expect(pipe.actions.positions.map(\.seq) == [1, 9, 20])
        pipe.feed(.gap(.systemEvents, ItemNumber(origin: 5, seq: 3)), 0)
        #expect(pipe.actions.positions.last == StreamPosition(agent: agent, type: .systemEvents, origin: 5, seq: 3))
    }

    @Test("what could not be kept is taken again after a rewind, and what was held is not there twice")
    func rewind() {
        let pipe = Pipe()
        pipe.log(["one", "two", "Error: x"], from: 1)
        pipe.feed(.rewind(.logAggregation, ItemNumber(origin: 1, seq: 1)), 0)
        pipe.log(["two", "Error: x", "three"], from: 2)
        #expect(pipe.actions.logs.map(\.message) == ["one", "two", "two", "x", "three"])
        #expect(pipe.actions.positions.map(\.seq) == [1, 2, 2, 2, 4])
    }

    @Test("numbers that are none are not taken", arguments: [0, UInt64.max])
    func badNumber(seq: UInt64) {
        let pipe = Pipe()
        pipe.log(["hostile"], from: seq)
        pipe.feed(.gap(.logAggregation, ItemNumber(origin: 1, seq: seq)), 0)
        pipe.tick(5)
        #expect(pipe.actions.isEmpty)
        pipe.log(["one"], from: 1)
        #expect(pipe.actions.positions.map(\.seq) == [1])
    }

    @Test("a threat in a line is an event for rules, which can name it, its source and the fields of the line")
    func threat() throws {
        let rule = AlertRule(
            name: "threats", source: .logs,
            condition: .events(EventCondition(["threat": "*brute*", "source": "/var/log/*", "source_ip": "203.*"])))
        let pipe = Pipe(rules: [rule])
        pipe.log([String](repeating: failure, count: 40))
        #expect(pipe.actions.changes.first?.kind == .fired)
        #expect(pipe.engine.counters.threats > 0)
        #expect(pipe.actions.changes.first?.alert.source == .logs)
    }

    @Test(
        "without rules of one's own, a login that failed and failed and then succeeded is an alert, the attempts are not"
    )
    func intrusion() {
        let pipe = Pipe()
        pipe.log([String](repeating: failure, count: 40))
        #expect(pipe.actions.changes.isEmpty)
        pipe.log(["Nov 23 15:34:20 web1 sshd[19]: Accepted password for root from 203.0.113.7 port 4 ssh2"], from: 41)
        #expect(pipe.actions.changes.map(\.alert.rule) == ["likely_intrusion"])
    }

    @Test("a burst of errors begins and ends an alert about bursts")
    func burst() {
        let rule = AlertRule(
            name: "burst", source: .logs,
            condition: .events(EventCondition(["burst": "began"], clearMatch: ["burst": "ended"])))
        let pipe = Pipe(rules: [rule])
        pipe.log([String](repeating: "ERROR no stock", count: 30))
        #expect(pipe.actions.changes.map(\.kind) == [.fired])
        #expect(pipe.actions.changes.first?.alert.message.contains("20 errors in the last minute") == true)
        for second in 1...200 { pipe.tick(Double(second)) }
        #expect(pipe.actions.changes.map(\.kind) == [.fired, .resolved])
    }

    @Test("lines that matter are relayed; with all, every line")
    func relayed() throws {
        let pipe = Pipe()
        pipe.log([failure, "all is well"], from: 1)
        #expect(pipe.actions.published(.processedLogs).isEmpty)
        pipe.read(.processedLogs)
        pipe.log(["ERROR no stock", "all is well"], from: 3)
        #expect(pipe.actions.published(.processedLogs).count == 1)
        pipe.read(.processedLogs, all: true)
        pipe.log(["all is well"], from: 5)
        let events = pipe.actions.published(.processedLogs)
        #expect(events.count == 2)
        #expect(try events[1].shown() == nil)
        let shown = try #require(try events[1].shown { $0.all = true }).data
        #expect(shown["original"]?["message"]?.string == "all is well" && shown["original"]?["level"]?.string == "INFO")
        for part in ["structured", "threats", "severity", "category", "actionable"] { #expect(shown[part] != nil) }
    }

    @Test("the original is the whole line, whatever bytes it has")
    func original() throws {
        let pipe = Pipe()
        pipe.read(.processedLogs, all: true)
        let line = Array("<11>Nov 23 15:34:14 web1 app[1]: bad ".utf8) + [0xFF, 0, 0x22, 0x0D]
        pipe.feed(.logLine(LogLine(LogEntry(message: line), source: [0xFE], number: ItemNumber(origin: 1, seq: 1))), 0)
        let event = try #require(pipe.actions.published(.processedLogs).first)
        let original = try #require(try event.shown { $0.all = true }).data["original"]
        #expect(original?["message"]?.string == String(decoding: line, as: UTF8.self))
        #expect(pipe.actions.logs.first?.message.hasPrefix("bad ") == true)
    }

    @Test("views choose by level and by text, in whatever case the letters are")
    func views() throws {
        let pipe = Pipe()
        pipe.read(.processedLogs)
        pipe.log(["ERROR No Stock for 17", "next"])
        let event = try #require(pipe.actions.published(.processedLogs).first)
        func isShown(_ configure: (inout StreamConfig) -> Void) throws -> Bool { try event.shown(0, configure) != nil }
        #expect(try isShown { $0.levels = ["WARN", "ERROR"] })
        #expect(try !isShown { $0.levels = ["WARN"] })
        #expect(try isShown { $0.query = "nO sTOCK" })
        #expect(try isShown { $0.query = "17" })
        #expect(try isShown { $0.query = "" })
        #expect(try !isShown { $0.query = "stocks" })
        #expect(try !isShown { $0.query = String(repeating: "x", count: 1_000) })
    }

    @Test("frequent templates of errors can be asked for")
    func patterns() {
        let pipe = Pipe()
        pipe.log((0..<5).map { "ERROR no stock for \($0)" } + ["fine"])
        let patterns = pipe.engine.logPatterns(of: agent, now: at(1))
        #expect(patterns.map(\.total) == [5])
        #expect(pipe.engine.logPatterns(of: AgentID("b"), now: at(1)).isEmpty)
    }
}
