import Glibc
import Logging
import Reactor
import class TestSupport.SmallDisk
import Testing

@testable import AgentCore

@Suite("StateJournal")
struct StateJournalTests {
    /// Runs the body on a loop, with a directory that is removed afterwards.
    private func withDirectory(_ body: @escaping @Sendable (EventLoop, String) throws -> Void) async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        let loop = try EventLoop(name: "journal")
        defer { loop.stop() }
        let path = fixture.state + "/x"
        try await loop.run { try body(loop, path) }
    }

    private static func journal(_ loop: EventLoop, _ path: String) -> StateJournal {
        StateJournal(loop: loop, path: path, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func journals(_ path: String) -> [String] {
        directoryNames(parentDirectory(path)).filter { $0.contains("journal") }
    }

    @Test("nothing is there at first; then the snapshot and what was noted since")
    func notes() async throws {
        try await withDirectory { loop, path in
            let journal = Self.journal(loop, path)
            #expect(journal.load() == nil)
            #expect(!journal.append("too early"))
            journal.checkpointNow("one\n")
            #expect(journal.append("a") && journal.append("b"))
            let read = try #require(Self.journal(loop, path).load())
            #expect(read.snapshot == "one\n" && read.journals == ["a\nb\n"])
        }
    }

    @Test("a new snapshot takes the place of the notes before it, also after a restart")
    func replaced() async throws {
        try await withDirectory { loop, path in
            let first = Self.journal(loop, path)
            first.checkpointNow("one\n")
            #expect(first.append("a"))
            let second = Self.journal(loop, path)
            _ = second.load()
            second.checkpointNow("two\n")
            #expect(second.append("b"))
            let read = try #require(Self.journal(loop, path).load())
            #expect(read.snapshot == "two\n" && read.journals == ["b\n"])
            #expect(Self.journals(path).count == 1)
        }
    }

    @Test("a crash after the next journal was begun and before its snapshot was written loses no note")
    func crashBetween() async throws {
        try await withDirectory { loop, path in
            let journal = Self.journal(loop, path)
            journal.checkpointNow("one\n")
            #expect(journal.append("a"))
            let name = try #require(Self.journals(path).first)
            let generation = try #require(UInt64(name.split(separator: ".").last ?? ""))
            _ = StateFile.replace("\(path).journal.\(generation + 1)", with: Array("b\nhal".utf8))
            let next = Self.journal(loop, path)
            let read = try #require(next.load())
            #expect(read.snapshot == "one\n" && read.journals == ["a\n", "b\nhal"])
            next.checkpointNow("two\n")
            #expect(Self.journals(path).count == 1, "both are gone")
        }
    }

    @Test("what is no state is none, and the next one takes its place", arguments: ["", "x", "12", "12 13\n", "-1\n"])
    func garbage(_ text: String) async throws {
        try await withDirectory { loop, path in
            _ = StateFile.replace(path, with: Array(text.utf8))
            let journal = Self.journal(loop, path)
            #expect(journal.load() == nil)
            journal.checkpointNow("one\n")
            #expect(Self.journal(loop, path).load()?.snapshot == "one\n")
        }
    }

    @Test("where nothing can be written the agent goes on")
    func unwritable() async throws {
        try await withDirectory { loop, _ in
            let journal = Self.journal(loop, "/proc/nowhere/x")
            journal.checkpointNow("one\n")
            #expect(!journal.append("a"))
            #expect(!journal.checkpoint("two\n"))
        }
    }

    @Test(
        "a note that the disk takes in part is none, and none follows it before a snapshot holds them all",
        .enabled(if: SmallDisk.isPossible))
    func torn() async throws {
        let disk = try SmallDisk(kibibytes: 256)
        let path = disk.path + "/x"
        let loop = try EventLoop(name: "journal")
        defer { loop.stop() }
        let kept = try await loop.run { Kept(Self.journal(loop, path)) }
        try await loop.run {
            kept.journal.checkpointNow("two\n")
            #expect(kept.journal.append("b"))
        }
        disk.fill()
        let long = String(repeating: "x", count: 10_000)
        try await loop.run {
            #expect(!kept.journal.append(long) && kept.journal.isBehind)
            #expect(!kept.journal.append("c"), "it would follow a hole")
            let read = try #require(Self.journal(loop, path).load())
            #expect(read.snapshot == "two\n" && read.journals == ["b\n"])
            for _ in 0..<20 { kept.journal.checkpointNow("three\n") }
            #expect(kept.journal.isBehind && Self.journals(path).count == 2, "not one for each attempt")
        }
        disk.empty()
        try await loop.run {
            kept.journal.checkpointNow("three\n")
            #expect(!kept.journal.isBehind && kept.journal.append("d"))
            let read = try #require(Self.journal(loop, path).load())
            #expect(read.snapshot == "three\n" && read.journals == ["d\n"] && Self.journals(path).count == 1)
        }
    }

    @Test("a note that was missed while a snapshot is being written is in none before the next one")
    func missedMeanwhile() async throws {
        try await withDirectory { loop, path in
            // The first journal is a disk that is always full.
            _ = StateFile.replace(path, with: Array("5\nzero\n".utf8))
            try #require(symlink("/dev/full", path + ".journal.6") == 0)
            let journal = Self.journal(loop, path)
            _ = journal.load()
            journal.checkpointNow("one\n")
            #expect(!journal.append("a") && journal.isBehind)
            #expect(journal.checkpoint("two\n"))
            #expect(!journal.append("b"))
            journal.checkpointNow("three\n")
            #expect(!journal.isBehind && journal.append("c"))
        }
    }
}

/// @unchecked Sendable because it is touched on the loop only.
private final class Kept: @unchecked Sendable {
    let journal: StateJournal

    init(_ journal: StateJournal) { self.journal = journal }
}
