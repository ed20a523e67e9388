import Model
import Testing

@testable import Processing

@Suite("Templates of messages")
struct TemplateTests {
    private func mask(_ message: String) -> String {
        var line = MaskedLine()
        Array(message.utf8).withByteText { line.read($0) }
        return String(decoding: line.text, as: UTF8.self)
    }

    private func add(_ message: String, to miner: inout TemplateMiner, level: LogLevel = .info, now: WallTime = noon)
        -> TemplateMatch
    {
        Array(message.utf8).withByteText { miner.add($0, level: level, now: now) }
    }

    @Test(
        "what varies by its looks is masked",
        arguments: [
            ("took 12ms, 3.5 s or 90%", "took <num>, <num> s or <num>"),
            ("at 0x7f3a and deadbeef01", "at <hex> and <hex>"),
            ("id 550e8400-e29b-41d4-a716-446655440000.", "id <uuid>."),
            ("from 192.0.2.1:5000 to 10.0.0.0/8", "from <ip> to <ip>"),
            ("peer 2001:db8::1 left", "peer <ip> left"), ("open /var/lib/x.db: denied", "open <path>: denied"),
            (#"user "bob smith" said 'hi there'"#, "user <str> said <str>"),
            ("it doesn't matter, isn't it", "it doesn't matter, isn't it"),
            ("request 7f3a by v1.2.3", "request <id> by v<num>.<num>.<num>"),
            ("worker-17 on web3", "worker-<num> on web<num>"), ("port=5432,host=db", "port=<num>,host=db"),
            ("at 15:34:26 on 2026-11-23", "at <num> on <num>"), ("see https://example.com/a?b=1", "see <url>"),
            ("  spread \t out  ", "spread out"), ("", ""), ("unclosed \"quote 5", "unclosed \"quote <num>"),
        ])
    func masks(message: String, expected: String) { #expect(mask(message) == expected) }

    @Test("messages of one kind have one template, and the id follows from its text")
    func oneKind() {
        var miner = TemplateMiner()
        let first = add("user 17 logged in from 192.0.2.1", to: &miner)
        let second = add("user 18 logged in from 192.0.2.2", to: &miner)
        #expect(first.isNew && !second.isNew)
        #expect(first.template == second.template)
        var other = TemplateMiner()
        _ = add("something else", to: &other)
        #expect(add("user 99 logged in from 10.0.0.1", to: &other).template.id == first.template.id)
        // Whoever changes this value orphans every id that was ever stored or shown.
        #expect(first.template.id.description == "8799b99d253bb313")
    }

    @Test("a word that turns out to vary becomes a wildcard, and the old id is named")
    func generalises() {
        var miner = TemplateMiner()
        let first = add("session of alice was closed", to: &miner)
        let second = add("session of bob was closed", to: &miner)
        let third = add("session of carol was closed", to: &miner)
        #expect(second.template.text == "session of <*> was closed")
        #expect(second.replaces == first.template.id)
        #expect(third.template == second.template && third.replaces == nil)
        #expect(miner.count == 1)
    }

    @Test("messages of another length or with other words are other kinds")
    func otherKinds() {
        var miner = TemplateMiner()
        let texts = ["disk is full", "disk is full again", "network went away suddenly", "network is up"]
        #expect(Set(texts.map { add($0, to: &miner).template.id }).count == 4)
    }

    @Test("two templates that become the same are one, and lose no count")
    func merges() {
        var miner = TemplateMiner()
        for text in ["a b c d", "a b x y", "a q c r", "a b c y", "a q c d", "a b z d"] {
            _ = add(text, to: &miner, level: .error)
        }
        let patterns = miner.patterns(atLeast: .error, within: 3_600_000, before: noon, limit: 10)
        #expect(patterns.reduce(0) { $0 + $1.total } == 6)
        #expect(Set(patterns.map(\.template.id)).count == patterns.count)
    }

    @Test("at the bound the template that was not seen for longest goes, and is counted")
    func bounded() {
        var miner = TemplateMiner(maximumTemplates: 10)
        let kept = add("kept w w w w w w w", to: &miner)
        for index in 0..<1_000 {
            _ = add(
                (0...index % 40).map { _ in "x" + String(index, radix: 36).filter(\.isLetter) }.joined(separator: " "),
                to: &miner)
            #expect(add("kept w w w w w w w", to: &miner).template == kept.template)
        }
        #expect(miner.count == 10)
        #expect(miner.evictions > 0)
    }

    @Test("patterns: the most frequent first, by level, within the window, with first and last and examples")
    func patterns() {
        var miner = TemplateMiner()
        for index in 0..<5 { _ = add("disk \(index) failed", to: &miner, level: .error, now: noon + index * 1_000) }
        for index in 0..<9 { _ = add("net eth\(index) lost its carrier", to: &miner, level: .error, now: noon) }
        for _ in 0..<50 { _ = add("all is well today indeed", to: &miner, level: .info, now: noon) }
        let found = miner.patterns(atLeast: .error, within: 3_600_000, before: noon + 5_000, limit: 10)
        #expect(found.map(\.template.text) == ["net eth<num> lost its carrier", "disk <num> failed"])
        #expect(found.map(\.recent) == [9, 5])
        #expect(found[1].firstSeen == noon && found[1].lastSeen == noon + 4_000)
        #expect(found[1].examples == ["disk 0 failed", "disk 1 failed", "disk 2 failed"])
        let later = noon + 2 * 3_600_000
        #expect(miner.patterns(atLeast: .error, within: 3_600_000, before: later, limit: 10).isEmpty)
    }

    @Test("requests: an endpoint and its status make a template, as long as there is room")
    func requests() {
        var processor = LogProcessor()
        func template(_ target: String, _ status: Int) -> String {
            let line = #"192.0.2.1 - - [23/Nov/2026:15:34:26 +0000] "GET \#(target) HTTP/1.1" \#(status) 153 "-" "-""#
            return processor.process(LogEntry(line), now: noon).template.template.text
        }
        #expect(template("/users/42?x=1", 200) == "GET /users/<num> 200")
        #expect(template("/users/43", 404) == "GET /users/<num> 404")
        #expect(template("/orders", 200) == "GET /orders 200")
        for index in 0..<100 { _ = template("/x/" + String(repeating: "a", count: index), 404) }
        #expect(template("/never/seen", 404) == "GET <*> 404")
        #expect(template("/orders", 200) == "GET /orders 200")
    }
}

@Suite("Bursts of errors")
struct ErrorRateTests {
    /// So many errors a minute, for so many minutes; the changes that were told.
    private func run(_ rate: inout ErrorRate, _ perMinute: Int, minutes: Int, from start: WallTime) -> [ErrorRate
        .Change]
    {
        var changes: [ErrorRate.Change] = []
        for minute in 0..<minutes {
            for index in 0..<perMinute {
                let now = start + minute * 60_000 + index * 60_000 / perMinute
                if let change = rate.addError(now: now) { changes.append(change) }
            }
            if let change = rate.tick(now: start + minute * 60_000 + 59_999) { changes.append(change) }
        }
        return changes
    }

    @Test("a host that is always noisy has no burst until it is five times noisier; it ends when it is quiet again")
    func noisy() {
        var rate = ErrorRate()
        // For a host that nothing is known of, the beginning of its noise is a burst.
        #expect(run(&rate, 30, minutes: 60, from: noon).count == 1)
        var start = noon + 60 * 60_000
        _ = run(&rate, 2, minutes: 3, from: start)
        #expect(!rate.isBurst)
        start = start + 3 * 60_000
        #expect(run(&rate, 60, minutes: 2, from: start).isEmpty)
        start = start + 2 * 60_000
        let changes = run(&rate, 600, minutes: 1, from: start)
        #expect(changes.count == 1 && rate.isBurst)
        start = start + 60_000
        #expect(run(&rate, 1, minutes: 3, from: start) == [.ended])
    }

    @Test("a few errors after long silence are no burst, many are")
    func quiet() {
        var rate = ErrorRate()
        #expect(run(&rate, 5, minutes: 10, from: noon).isEmpty)
        guard case .began(let errors, _)? = run(&rate, 100, minutes: 1, from: noon + 3_600_000).first else {
            Issue.record("no burst")
            return
        }
        #expect(errors >= 20)
        #expect(rate.tick(now: noon + 7_200_000) == .ended)
    }
}
