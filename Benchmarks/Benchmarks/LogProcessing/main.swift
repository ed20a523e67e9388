// What a log line costs, by format: processor time of one thread, the best of five passes.
//
//     swift run --package-path Benchmarks -c release log-processing

import Glibc
import JSON
import Model
import Processing

let now = WallTime(millisecondsSince1970: 1_795_447_000_000)

func lines(_ count: Int = 5_000, _ make: (Int) -> String) -> [LogEntry] {
    (0..<count).map { LogEntry(message: Array(make($0).utf8)) }
}

func processorNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func measure(_ name: String, _ entries: [LogEntry], _ body: ([LogEntry]) -> Void) {
    body(entries)
    var best = Int.max
    for _ in 0..<5 {
        let start = processorNanoseconds()
        body(entries)
        best = min(best, processorNanoseconds() - start)
    }
    let bytes = entries.reduce(0) { $0 + $1.message.count } / entries.count
    print("\(name): \(best / entries.count) ns a line of \(bytes) bytes")
}

let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
let everyday: [(name: String, entries: [LogEntry])] = [
    (
        "json",
        lines {
            #"{"time":"2026-11-23T15:34:26.123Z","level":"info","msg":"request served in \#($0 % 977) ms","#
                + #""logger":"http","request_id":"7f3a\#($0)","status":200,"user":{"id":\#($0),"tags":["a","b"]}}"#
        }
    ),
    (
        "logfmt",
        lines {
            #"ts=2026-11-23T15:34:26.123Z level=info caller=main.go:\#($0 % 500) component=tsdb "#
                + #"msg="compacted block" ulid=01HF\#($0) duration=\#($0 % 300)ms"#
        }
    ),
    (
        "syslog_rfc3164",
        lines {
            "<38>Nov 23 15:34:14 web1 sshd[\(19_000 + $0 % 1_000)]: Accepted publickey for deploy from "
                + "10.0.\($0 % 256).7 port \(40_000 + $0 % 9_999) ssh2"
        }
    ),
    (
        "syslog_rfc5424",
        lines {
            #"<134>1 2026-11-23T15:34:24.489744+00:00 web1 app 47 ID47 [timeQuality tzKnown="1"] job \#($0) is done"#
        }
    ),
    (
        "access_combined",
        lines {
            #"192.0.2.\#($0 % 250) - - [23/Nov/2026:15:34:26 +0000] "GET /api/v1/users/\#($0) HTTP/1.1" 200 \#($0) "#
                + #""https://example.com/" "\#(chrome)""#
        }
    ),
    (
        "nginx_error",
        lines {
            #"2026/11/23 15:34:26 [error] 20061#20061: *\#($0) open() "/srv/x\#($0)" failed (2: No such file or "#
                + #"directory), client: 192.0.2.\#($0 % 250), server: x, request: "GET /x HTTP/1.1", host: "x""#
        }
    ),
    (
        "klog",
        lines { "I1123 15:34:26.123456    1234 sync.go:\($0 % 900)] Synced pod kube-system/coredns-\($0) in 12ms" }
    ),
    (
        "application",
        lines { "2026-11-23 15:33:06,703 INFO [http-\($0 % 10)] com.acme.Orders - order \($0) stored for \($0 % 77)" }
    ),
    ("plain", lines { "worker \($0 % 16): processed batch \($0) in 0.\($0 % 1_000) s, 0 errors" }),
]
let trace =
    "2026-11-23 15:33:06,703 ERROR [main] com.acme.Orders - request failed\njava.lang.RuntimeException: no user 42\n"
    + String(repeating: "\tat java.base/java.lang.reflect.Method.invoke(Method.java:569)\n", count: 30)
let special: [(name: String, entries: [LogEntry])] = [
    ("stack trace of 32 lines, joined", lines(500) { _ in trace }),
    (
        "ssh failures of 5 000 addresses",
        lines { "sshd[\($0)]: Failed password for root from 203.\($0 / 250).\($0 % 250).7 port \($0) ssh2" }
    ),
    (
        "words that never repeat",
        lines(2_000) { line in
            (0..<30).map { "x" + String(line &* 7_919 &* ($0 + 3), radix: 36) }.joined(separator: " ")
        }
    ),
    ("64 KiB", lines(50) { _ in String(repeating: "x error={[\"", count: 6_000) }),
]

let mixed = everyday.flatMap(\.entries).shuffled()
for (name, entries) in everyday + [("mixed", mixed)] + special {
    var processor = LogProcessor()
    measure(name, entries) { for entry in $0 { _ = processor.process(entry, now: now) } }
}

measure("joining traces, mixed", mixed) { entries in
    var joiners = TraceJoiners()
    for (number, entry) in entries.enumerated() {
        joiners.add(entry, source: [1], number: UInt64(number), now: now) { _ in }
    }
}

var processor = LogProcessor()
let enriched = mixed.map { processor.process($0, now: now) }
measure("writing JSON, mixed", mixed) { _ in
    for log in enriched { _ = JSONWriter.render { $0.object { log.writeMembers(to: &$0) } } }
}

/// The whole way of a batch of lines, from what the agent sent to what is to be kept and published.
func measurePipeline(_ name: String, _ lines: [LogEntry], isRead: Bool) {
    let agent = AgentID("web1")
    let time = Now(monotonic: MonotonicTime(nanoseconds: 1), wall: now)
    var engine = ProcessingEngine(now: time)
    var config = StreamConfig.defaults(for: .processedLogs)
    config.all = true
    if isRead { engine.addReader(of: .processedLogs, .one(agent), config: config) }
    var seq: UInt64 = 0
    measure(name, lines) { entries in
        for start in stride(from: 0, to: entries.count, by: 100) {
            let events = entries[start..<min(start + 100, entries.count)].map { entry in
                seq += 1
                return PipelineEvent.logLine(
                    LogLine(entry, source: Array("/var/log/app.log".utf8), number: ItemNumber(origin: 1, seq: seq)))
            }
            var actions: [PipelineAction] = []
            engine.process(events, of: agent, now: time, into: &actions)
            guard isRead else { continue }
            for case .publish(let event) in actions { _ = event.render(for: config, now: time.monotonic) }
        }
    }
}

measurePipeline("pipeline, mixed", mixed, isRead: false)
measurePipeline("pipeline, mixed, every line relayed to one view", mixed, isRead: true)
