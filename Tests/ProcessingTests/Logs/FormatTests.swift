import Model
import Testing

@testable import Processing

@Suite("Formats of log lines")
struct FormatTests {
    @Test("a JSON line gives its time, level, logger, message and the rest as fields")
    func json() {
        let line = parse(
            #"{"time":"2026-11-23T15:34:26.123Z","level":"warn","msg":"slow \"query\"","logger":"db","ms":1234,"#
                + #""ok":false,"user":{"id":7}}"#)
        #expect(line.format == .json)
        #expect(milliseconds(line.timestamp) == 1_795_448_066_123)
        #expect(line.level == .warn)
        #expect(line.component == "db")
        #expect(line.message == #"slow "query""#)
        #expect(line.field("ms") == "1234")
        #expect(line.field("ok") == "false")
        #expect(line.field("user") == #"{"id":7}"#)
    }

    @Test("the levels of pino and bunyan are numbers, and so are their times")
    func pino() {
        let line = parse(
            #"{"level":50,"time":1795448066123,"pid":4711,"hostname":"web1","name":"api","msg":"dial failed"}"#)
        #expect(line.level == .error)
        #expect(milliseconds(line.timestamp) == 1_795_448_066_123)
        #expect(line.component == "api")
        #expect(line.message == "dial failed")
    }

    @Test("of several names for the message the usual one is taken, and Docker's is one")
    func jsonNames() {
        #expect(parse(#"{"log":"raw","message":"text"}"#).message == "text")
        #expect(
            parse(#"{"log":"from docker\n","stream":"stderr","time":"2026-11-23T15:34:26Z"}"#).message
                == "from docker\n")
        #expect(parse(#"{"a":1,"b":2}"#).message == #"{"a":1,"b":2}"#)
        #expect(parse(#"{"log.level":"error","service.name":"cart","message":"x"}"#).component == "cart")
    }

    @Test(
        "what only looks like JSON is a plain line",
        arguments: ["{", "{}x", #"{"a"}"#, #"{"a":}"#, #"{"a":1"#, #"{"a":"b}"#, #"{"a":[1}"#, #"{"a":tru}"#, "{a:1}"])
    func notJSON(text: String) {
        #expect(parse(text).format == .plain)
        #expect(parse(text).message == text)
    }

    @Test("escapes in JSON become what they stand for, surrogates included")
    func escapes() {
        #expect(parse(#"{"msg":"a\u00e9\ud83d\ude00\tb\\c"}"#).message == "aé😀\tb\\c")
        #expect(parse(#"{"msg":"\ud83d alone"}"#).message == "\u{FFFD} alone")
    }

    @Test("logfmt is pairs and nothing else")
    func logfmt() {
        let line = parse(
            #"ts=2026-11-23T15:34:26Z level=error component=tsdb msg="disk \"full\"" free=0 err="no space""#)
        #expect(line.format == .logfmt)
        #expect(line.level == .error)
        #expect(line.component == "tsdb")
        #expect(line.message == #"disk "full""#)
        #expect(line.field("err") == "no space")
        #expect(parse("x=1 and then prose").format == .plain)
        #expect(parse("single=pair").format == .plain)
    }

    @Test("syslog over the wire has its level in the priority")
    func syslogWire() {
        let line = parse("<38>Nov 23 15:34:14 sshd[19849]: Failed password for logcap1 from 127.0.0.1 port 60092 ssh2")
        #expect(line.format == .syslogRFC3164)
        #expect(line.level == .info)
        #expect(line.component == "sshd")
        #expect(line.field("pid") == "19849")
        #expect(line.message == "Failed password for logcap1 from 127.0.0.1 port 60092 ssh2")
        #expect(milliseconds(line.timestamp) == 1_795_448_054_000)
        let root = parse("<85>Nov 23 15:34:24 sudo:     root : PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id")
        #expect(root.component == "sudo")
        #expect(root.message == "root : PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id")
        #expect(parse("<11>Nov 23 15:34:24 myapp: Error: cannot open /var/lib/x").level == .error)
    }

    @Test("syslog in a file has a host and no priority; its time is old or RFC 3339")
    func syslogFile() {
        let old = parse("Nov 23 15:34:14 web1 CRON[812]: (root) CMD (true)")
        #expect(old.format == .syslogRFC3164)
        #expect(old.component == "CRON")
        #expect(old.field("host") == "web1")
        #expect(old.message == "(root) CMD (true)")
        let new = parse("2026-11-23T15:34:14.489744+01:00 web1 systemd[1]: Started cron.service.")
        #expect(new.component == "systemd")
        #expect(milliseconds(new.timestamp) == 1_795_444_454_489)
    }

    @Test("RFC 5424 with and without structured data")
    func syslogModern() {
        let line = parse(
            #"<12>1 2026-11-23T15:34:24.489744+00:00 vm myapp 4711 ID47 [timeQuality tzKnown="1" x="a\]b"] hello"#)
        #expect(line.format == .syslogRFC5424)
        #expect(line.level == .warn)
        #expect(line.component == "myapp")
        #expect(line.field("host") == "vm")
        #expect(line.field("pid") == "4711")
        #expect(line.field("msgid") == "ID47")
        #expect(line.message == "hello")
        #expect(parse("<165>1 - - - - - - text").message == "text")
        #expect(parse("<165>1 - - - - - -").message == "")
    }

    @Test("a JSON object within syslog is read too")
    func syslogJSON() {
        let line = parse(#"<14>Nov 23 15:34:24 web1 api[7]: {"level":"error","msg":"broken","id":3}"#)
        #expect(line.format == .syslogRFC3164)
        #expect(line.level == .error)
        #expect(line.component == "api")
        #expect(line.message == "broken")
        #expect(line.field("id") == "3")
    }

    @Test("nginx's access log: the level follows from the status")
    func access() {
        let line = parse(
            #"127.0.0.1 - bob [23/Nov/2026:15:34:26 +0000] "GET /missing HTTP/1.1" 404 153 "-" "curl/7.88.1""#)
        #expect(line.format == .accessCombined)
        #expect(line.level == .warn)
        #expect(line.message == "GET /missing HTTP/1.1")
        #expect(line.field("client") == "127.0.0.1")
        #expect(line.field("user") == "bob")
        #expect(line.field("method") == "GET")
        #expect(line.field("target") == "/missing")
        #expect(line.field("status") == "404")
        #expect(line.field("bytes") == "153")
        #expect(line.field("user_agent") == "curl/7.88.1")
        #expect(line.field("referrer") == nil)
        #expect(milliseconds(line.timestamp) == 1_795_448_066_000)
        let common = parse(#"2001:db8::1 - - [23/Nov/2026:15:34:26 +0100] "POST /x HTTP/2.0" 502 -"#)
        #expect(common.format == .accessCommon)
        #expect(common.level == .error)
        #expect(parse(#"2001:db8::1 - - [23/Nov/2026:15:34:26 +0100] "POST /x HTTP/2.0" 026 -"#).format == .plain)
        #expect(milliseconds(common.timestamp) == 1_795_444_466_000)
    }

    @Test("nginx's error log")
    func nginxError() {
        let line = parse(
            #"2026/11/23 15:34:26 [error] 20061#20061: *3 connect() failed (111: Connection refused) while connecting "#
                + #"to upstream, client: 127.0.0.1, server: , request: "GET /up HTTP/1.1", "#
                + #"upstream: "http://127.0.0.1:1/up", host: "127.0.0.1:8377""#)
        #expect(line.format == .nginxError)
        #expect(line.level == .error)
        #expect(line.message == "connect() failed (111: Connection refused) while connecting to upstream")
        #expect(line.field("client") == "127.0.0.1")
        #expect(line.field("request") == "GET /up HTTP/1.1")
        #expect(line.component == "nginx")
        #expect(line.field("upstream") == "http://127.0.0.1:1/up")
        #expect(parse("2026/11/23 15:34:24 [notice] 20058#20058: start worker processes").level == .info)
    }

    @Test("klog")
    func klog() {
        let line = parse("E1123 15:34:26.123456    1234 reconciler.go:412] failed to sync pod")
        #expect(line.format == .klog)
        #expect(line.level == .error)
        #expect(line.component == "reconciler.go")
        #expect(line.field("line") == "412")
        #expect(line.message == "failed to sync pod")
        #expect(milliseconds(line.timestamp) == 1_795_448_066_123)
    }

    @Test("the kernel's ring buffer")
    func kernel() {
        let line = parse("[   12.345678] Out of memory: Killed process 4711 (java) total-vm:1kB")
        #expect(line.format == .kernel)
        #expect(line.component == "kernel")
        #expect(line.message == "Out of memory: Killed process 4711 (java) total-vm:1kB")
        #expect(line.timestamp == nil)
    }

    @Test(
        "dates and levels before the message, in the ways that loggers write them",
        arguments: [
            (
                "2026-11-23 15:33:06,703 ERROR [orders.api] request 7f3a failed", "ERROR", "orders.api",
                "request 7f3a failed"
            ),
            (
                "2026-11-23 15:33:06,702 INFO [orders.api] listening on 0.0.0.0:8000", "INFO", "orders.api",
                "listening on 0.0.0.0:8000"
            ),
            (
                "2026-11-23 15:33:06,703 WARN [main] com.acme.Orders - queue is slow", "WARN", "com.acme.Orders",
                "queue is slow"
            ),
            ("2026-11-23T15:33:06.703Z  WARN 4711 --- [main] c.a.orders.Api : slow", "WARN", "c.a.orders.Api", "slow"),
            ("[2026-11-23 15:33:06] production.ERROR: broken", "ERROR", "", "broken"),
            ("2026-11-23 15:33:06 [error] broken", "ERROR", "", "broken"),
            (
                "2026-11-23 15:33:06.123 | DEBUG | app.main:run:12 - cache is warm", "DEBUG", "app.main:run:12",
                "cache is warm"
            ),
            ("2026/11/23 15:33:52 starting worker 3", "", "", "starting worker 3"),
            ("2026-11-23 15:33:52 errors happen in prose", "", "", "errors happen in prose"),
            ("2026-11-23T15:33:52Z INFO sluice::agent: connected: yes", "INFO", "sluice::agent", "connected: yes"),
        ])
    func application(line: String, level: String, component: String, message: String) {
        let parsed = parse(line)
        #expect(parsed.format == .application)
        #expect(parsed.level?.name ?? "" == level)
        #expect(parsed.component == component)
        #expect(parsed.message == message)
        #expect(parsed.timestamp != nil)
    }

    @Test(
        "a level at the beginning of a plain line",
        arguments: [
            ("ERROR: cannot connect", "ERROR", "", "cannot connect"), ("[WARN] low", "WARN", "", "low"),
            ("WARNING:root:careful", "WARN", "root", "careful"), ("FATAL out of luck", "FATAL", "", "out of luck"),
            ("postfix/smtp[123]: sent", "", "", "postfix/smtp[123]: sent"),
            ("nginx[12]: reload", "", "nginx", "reload"),
            ("Error handling is easy", "", "", "Error handling is easy"), ("plain text", "", "", "plain text"),
        ])
    func leadingLevel(line: String, level: String, component: String, message: String) {
        let parsed = parse(line)
        #expect(parsed.format == .plain)
        #expect(parsed.level?.name ?? "" == level)
        #expect(parsed.component == component)
        #expect(parsed.message == message)
    }

    @Test("no more than a bounded number of fields is kept")
    func manyFields() {
        let members = (0..<500).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
        #expect(parse("{\(members)}").fields.count == ParsedLog.maximumFields)
        #expect(parse((0..<500).map { "k\($0)=\($0)" }.joined(separator: " ")).fields.count == ParsedLog.maximumFields)
    }
}
