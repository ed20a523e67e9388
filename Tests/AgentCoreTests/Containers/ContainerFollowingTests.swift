import Glibc
import Reactor
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("Following containers when something is in the way")
struct ContainerFollowingTests {
    private static let detail =
        #"{"Id":"c1","Name":"/web","Config":{"Tty":false},"State":{"Running":true,"StartedAt":"1"}}"#

    /// Something of a loop, between two visits there.
    ///
    /// @unchecked Sendable because its value is touched on the loop only.
    private final class Kept<Value>: @unchecked Sendable {
        private(set) var value: Value?
        init(_ value: Value) { self.value = value }
        func drop() { value = nil }
    }

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + Array("\r\n".utf8)
    }

    /// From here on what is written to the file finds no room: its descriptor is that of a device which is always full.
    private static func fillDisk(under path: String) throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let identity = try #require(FileIdentity(path: path))
        let descriptors = directoryNames("/proc/self/fd").compactMap { Int32($0) }
        let file = descriptors.first { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 && FileIdentity(status) == identity
        }
        let found = try #require(file)
        try #require(dup2(full, found) == found)
    }

    @Test("a disk that takes nothing ends no agent, also where several lines come at once")
    func fullDisk() async throws {
        let lines = (1...5).flatMap { Self.chunk(frame(1, "2100-01-01T00:00:0\($0).000000000Z line\n")) }
        let head = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let fake = FakeEngine { request in
            request.path.hasSuffix("/json") ? .json(200, Self.detail) : .open([head + lines])
        }
        defer { fake.stop() }
        let directory = try TemporaryDirectory()
        let recorder = LogRecorder()
        let loop = try EventLoop(name: "test")
        let host = fake.host
        let kept = try await loop.run { () -> Kept<(ContainerFollower, LogSource)> in
            let logs = LogSource(.init(patterns: [], statePath: nil), loop: loop, log: recorder.log)
            let spool = try ContainerSpool(of: "web", in: directory.path, start: .beginning)
            try Self.fillDisk(under: spool.path)
            let follower = ContainerFollower(
                try #require(ContainerName("web")), spool: spool, engine: ContainerEngine(loop: loop, host: host),
                logs: logs, log: recorder.log)
            follower.read()
            return Kept((follower, logs))
        }
        try await eventually("it is logged") {
            recorder.messages.contains { $0.hasPrefix("cannot write lines of a container, and try again") }
        }
        try await eventually("it is tried again") { fake.count("/containers/c1/logs") == 2 }
        try await loop.run { kept.drop() }
        loop.stop()
    }

    @Test("why containers cannot be listed is logged, once however often it is tried again")
    func noList() async throws {
        let fake = FakeEngine { _ in .json(200, "[" + String(repeating: " ", count: 9 << 20) + "]") }
        defer { fake.stop() }
        let directory = try TemporaryDirectory()
        let recorder = LogRecorder()
        let loop = try EventLoop(name: "test")
        let host = fake.host
        let kept = try await loop.run { () -> Kept<(ContainerFeed, LogSource)> in
            let logs = LogSource(.init(patterns: [], statePath: nil), loop: loop, log: recorder.log)
            let feed = ContainerFeed(
                .init(patterns: ["*"], directory: directory.path), engine: ContainerEngine(loop: loop, host: host),
                logs: logs, log: recorder.log)
            return Kept((feed, logs))
        }
        try await eventually("it is tried again") { fake.count("/containers/json") == 2 }
        try await loop.run {}
        try await eventually("it is logged") { recorder.messages.contains { $0.contains("answer is too long") } }
        try await Task.sleep(for: .milliseconds(200))  // the second answer has come by then
        #expect(recorder.messages.count { $0.contains("answer is too long") } == 1)
        try await loop.run { kept.drop() }
        loop.stop()
    }
}
