import Glibc
import Logging
import Model
import Reactor
import Testing

@testable import AgentCore

@Suite("Which log files are followed", .serialized)
struct LogFilesTests {
    /// Finds files of a fixture on a loop of its own.
    ///
    /// @unchecked Sendable because `files` is touched on the loop only.
    private final class Finder: @unchecked Sendable {
        private let loop: EventLoop
        private var files: LogFiles?

        init(_ patterns: [String], own: [String] = []) async throws {
            loop = try EventLoop(name: "files")
            try await loop.run { [self] in
                let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                let files = LogFiles(loop: loop, patterns: LogPatterns(patterns: patterns, own: own), log: log)
                var id: UInt64 = 0
                files.open = {
                    id += 1
                    return FollowedFile(id: id, path: $0, identity: $1, offset: nil)
                }
                files.start(with: [])
                self.files = files
            }
        }

        func paths() async throws -> Set<String> {
            try await loop.run { [self] in
                Set(files?.files.filter { $0.retiredAt == nil }.map(\.path) ?? [])
            }
        }

        func end() async throws {
            try await loop.run { [self] in files = nil }
            loop.stop()
        }
    }

    private func withFinder(
        own: Bool = false, prepare: (LogFixture) throws -> Void, _ body: (Finder, LogFixture) async throws -> Void
    ) async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        try prepare(fixture)
        let finder = try await Finder([fixture.pattern], own: own ? [fixture.state + "/*.spool"] : [])
        try await body(finder, fixture)
        try await finder.end()
    }

    private static func name(_ number: Int) -> String { "app-\(10_000 + number).log" }

    private func make(_ numbers: Range<Int>, in fixture: LogFixture) throws {
        for number in numbers {
            try fixture.append("", to: Self.name(number))
            // The later the name, the later it was written to, and none of them now.
            let time = timespec(tv_sec: 1_700_000_000 + number, tv_nsec: 0)
            try #require(utimensat(AT_FDCWD, fixture.file(Self.name(number)), [time, time], 0) == 0)
        }
    }

    @Test("the agent's own spools are followed beside any number of files")
    func spools() async throws {
        try await withFinder(own: true) { fixture in
            try make(0..<600, in: fixture)
            try fixture.append("", to: "state/a.spool")
        } _: { finder, fixture in
            let paths = try await finder.paths()
            #expect(paths.count == 513 && paths.contains(fixture.file("state/a.spool")))
            try fixture.append("", to: "state/b.spool")
            try await eventually("the new spool") {
                try await finder.paths().contains(fixture.file("state/b.spool"))
            }
        }
    }

    @Test("of too many files those are followed that were written to last; they keep their place until they go")
    func tooMany() async throws {
        try await withFinder(prepare: { try make(0..<600, in: $0) }) { finder, fixture in
            let followed = Set((88..<600).map { fixture.file(Self.name($0)) })
            #expect(try await finder.paths() == followed)
            // Now written to, and the first by name.
            try fixture.append("new\n", to: "aaa.log")
            try fixture.rename(Self.name(300), to: Self.name(1000))
            try fixture.delete(Self.name(599))
            try await eventually("the new one in the place of one that has gone") {
                try await finder.paths().contains(fixture.file("aaa.log"))
            }
            let gone: Set = [fixture.file(Self.name(599))]
            #expect(try await finder.paths() == followed.subtracting(gone).union([fixture.file("aaa.log")]))
        }
    }

    @Test("how many are not followed is said once, and again when that has changed, but not all the time")
    func warning() {
        var unfollowed = UnfollowedFiles()
        func at(_ seconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
        #expect(unfollowed.look(0, now: at(1)) == nil)
        #expect(unfollowed.look(3, now: at(2))?.hasPrefix("3 log files match and are not followed") == true)
        #expect(unfollowed.look(3, now: at(90)) == nil)
        #expect(unfollowed.look(4, now: at(91)) != nil && unfollowed.look(5, now: at(92)) == nil)
        #expect(unfollowed.look(5, now: at(152)) != nil && unfollowed.look(0, now: at(300)) != nil)
    }
}

@Suite("Patterns of paths")
struct PatternSearchTests {
    private func withTree(_ files: [String], _ body: (String) throws -> Void) throws {
        let fixture = try LogFixture()
        defer {
            for file in files { unlink(fixture.file(file)) }
            for file in files { rmdir(parentDirectory(fixture.file(file))) }
            fixture.remove()
        }
        for file in files {
            mkdir(parentDirectory(fixture.file(file)), 0o700)
            try fixture.append("", to: file)
        }
        try body(fixture.path)
    }

    @Test(
        "they match what a shell's do, also in directories; hidden files only where they are meant",
        arguments: [
            ("*.log", ["a.log", "b.log"]), ("a.log", ["a.log"]), ("?.log", ["a.log", "b.log"]),
            ("[!a].log", ["b.log"]), (".*.log", [".hidden.log"]), ("*/x.log", ["one/x.log", "two/x.log"]),
            ("[ot]*/*", ["one/x.log", "two/x.log", "two/y.log"]), ("one/x.log", ["one/x.log"]), ("three/*", []),
            ("a.log/*", []),
        ])
    func matching(pattern: String, expected: [String]) throws {
        try withTree(["b.log", "a.log", ".hidden.log", "two/y.log", "two/x.log", "one/x.log"]) { path in
            let found = LogPatterns(patterns: ["\(path)/\(pattern)"]).matches()
            #expect(found.files.map(\.path) == expected.map { "\(path)/\($0)" } && !found.isCut)
        }
    }

    @Test("in a directory of any length no more is looked at than the bound, and what is found says so")
    func bound() throws {
        let names = (0...PatternSearch.maximumFound).map { "\($0).log" }
        try withTree(names) { path in
            let found = LogPatterns(patterns: ["\(path)/*.log"], own: ["\(path)/7.*"]).matches()
            #expect(found.files.count >= PatternSearch.maximumFound - 1 && found.isCut)
            #expect(found.own.map(\.path) == ["\(path)/7.log"])
        }
    }
}
