import Glibc
import Testing

@testable import AgentCore

@Suite("Following log files", .serialized)
struct LogFollowingTests {
    @Test("it is announced only where a path is configured")
    func announced() async throws {
        try await withLogs { gateway, _, _ in
            #expect(gateway.state.hellos.first?.streamTypes.contains("log_aggregation") == true)
        }
        try await withAgent { gateway, _ in
            try await eventually("a Hello") { gateway.state.isOpen }
            #expect(gateway.state.hellos.first?.streamTypes.contains("log_aggregation") == false)
            try await gateway.desire(1, [.init(ref: 1, type: "log_aggregation")])
            try await eventually("states") { gateway.state.states.last?.rejected == [1: "unsupported"] }
        }
    }

    @Test("a file that is there is read from its end, one that appears from its beginning; each line has its source")
    func beginnings() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append("new\n", to: "a.log")
            try fixture.append("first\nsecond\r\n\n", to: "b.log")
            try fixture.append("not mine\n", to: "c.txt")
            try fixture.append("packed\n", to: "d.log.gz")
            try await gateway.expect(lines: ["new", "first", "second", ""])
            #expect(gateway.reliable("log_aggregation").sources == [fixture.file("a.log"), fixture.file("b.log")])
        }
    }

    @Test("the first line comes at once, those of an interval together")
    func batches() async throws {
        try await withLogs { gateway, _, fixture in
            try await gateway.wantLogs(2, interval: 5000)
            let start = ContinuousClock.now
            try fixture.append("first\n", to: "a.log")
            try await eventually("the first line") { gateway.lineCount == 1 }
            #expect(ContinuousClock.now - start < .seconds(4))
            for number in 1...20 { try fixture.append("line \(number)\n", to: "a.log") }
            try await gateway.expect(lines: ["first"] + LogFixture.lines(1...20))
            #expect(gateway.reliable("log_aggregation").frames == 2)
        }
    }

    @Test("a line without an end waits for it, but not for long; the break that comes then is no line")
    func openLine() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append("one\nhal", thenShortlyAfter: "f\npassword: ", to: "a.log")
            try await gateway.expect(lines: ["one", "half", "password: "])
            try fixture.append("\nnext\n", to: "a.log")
            try await gateway.expect(lines: ["one", "half", "password: ", "next"])
        }
    }

    @Test("after a rotation the old file is read to its end, then the new one, and what is still written to the old")
    func rotation() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append(lines: 1...1000, to: "a.log")
            let writer = open(fixture.file("a.log"), O_WRONLY | O_APPEND)
            defer { close(writer) }
            try fixture.rename("a.log", to: "a.log.1")
            try fixture.append(lines: 1001...2000, to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...2000))
            gateway.expect(order: LogFixture.lines(1...2000))
            _ = write(writer, "late\n", 5)
            try await gateway.expect(lines: LogFixture.lines(1...2000) + ["late"])
            #expect(gateway.reliable("log_aggregation").sources == [fixture.file("a.log")])
        }
    }

    @Test("a rotated file that a pattern matches under its new name is not read twice")
    func matchedTwice() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append(lines: 1...10, to: "a.log")
            try fixture.rename("a.log", to: "a-1.log")
            try fixture.append(lines: 11...20, to: "a.log")
            try fixture.rename("a-1.log", to: "a-2.log")
            try fixture.rename("a.log", to: "a-1.log")
            try fixture.append(lines: 21...30, to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...30))
        }
    }

    @Test("a file that was truncated is read from its beginning")
    func truncation() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append(lines: 1...100, to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...100))
            try fixture.truncate("a.log")
            try fixture.append(lines: 101...103, to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...103))
            // Longer than before at once: it is told by its beginning.
            try fixture.truncate("a.log")
            try fixture.append(lines: 104...300, to: "a.log")
            try await gateway.expect(lines: LogFixture.lines(1...300))
        }
    }

    @Test("what a deleted file holds is still read; a new one in its place is another one, whatever its inode")
    func deletion() async throws {
        try await withLogs(gateway: {
            $0.keepsItems = false; $0.streamWindow = 4096
        }) { gateway, _, fixture in
            try fixture.append(lines: 1...5000, to: "a.log")
            try await eventually("the window is full") { gateway.reliable("log_aggregation").received > 0 }
            try fixture.delete("a.log")
            try fixture.append(lines: 5001...5100, to: "a.log")
            try await gateway.configure { $0.keepsItems = true }
            try await gateway.askAgain(for: "log_aggregation", ref: ScriptedGateway.logsRef)
            try await gateway.expect(lines: LogFixture.lines(1...5100))
            gateway.expect(order: LogFixture.lines(1...5100))
        }
    }

    @Test("any bytes come through, and a line of more than 64 KiB in parts")
    func oddLines() async throws {
        try await withLogs { gateway, _, fixture in
            try fixture.append([0x61, 0, 0xff, 10], to: "a.log")
            let long = String(repeating: "x", count: 150_000)
            try fixture.append(long + "\nend\n", to: "a.log")
            try await eventually("the end") { gateway.lines.last == "end" }
            let lines = gateway.lines
            #expect(lines[0] == "a\0\u{fffd}")
            #expect(lines[1...3].map(\.utf8.count) == [65_536, 65_536, 18_928] && lines[1...3].joined() == long)
        }
    }

    @Test("many files and a flood: each line once, those of a file in order, heartbeats go on")
    func flood() async throws {
        try await withLogs(gateway: {
            $0.heartbeatMilliseconds = 1000; $0.streamWindow = 256 << 10
        }) {
            gateway, _, fixture in
            var expected: [String] = []
            let start = ContinuousClock.now
            let heartbeats = gateway.state.heartbeats.count
            for file in 0..<10 {
                for part in 0..<10 {
                    let range = (part * 300)...(part * 300 + 299)
                    try fixture.append(lines: range, of: "file \(file)", to: "\(file).log")
                    expected += LogFixture.lines(range, of: "file \(file)")
                }
            }
            try await gateway.expect(lines: expected, within: .seconds(120))
            for file in 0..<10 {
                let own = gateway.lines.filter { $0.hasPrefix("file \(file) ") }
                let isInOrder = own == LogFixture.lines(0...2999, of: "file \(file)")
                #expect(isInOrder)
            }
            let due = Int((ContinuousClock.now - start) / .seconds(1))
            #expect(gateway.state.heartbeats.count - heartbeats >= due / 2)
            try await eventually("heartbeats go on") { gateway.state.heartbeats.count > heartbeats + 1 }
            #expect(gateway.state.hellos.count == 1)
        }
    }
}
