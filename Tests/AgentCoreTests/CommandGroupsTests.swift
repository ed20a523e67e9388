import Glibc
import Logging
import Reactor
import Synchronization
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("Commands that a killed agent left behind")
struct CommandGroupsTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func groups(_ path: String, on loop: EventLoop) -> CommandGroups {
        CommandGroups(path: path, loop: loop, host: HostReadings(), log: quiet)
    }

    /// A command that is the leader of its group, and how it ended.
    private final class Command: Sendable {
        let ended = Mutex<ProcessExit?>(nil)

        func start(_ command: String, on loop: EventLoop) throws -> ChildProcess {
            let process = try ChildProcess(
                loop: loop, arguments: ["bash", "-c", command].map { Array($0.utf8) }, environment: [], directory: "/")
            try process.start(
                .init(output: { _, _ in }, endOfOutput: { _ in }, exit: { [self] exit in ended.withLock { $0 = exit } })
            )
            return process
        }
    }

    @Test("are ended by its next life, also those that do not heed SIGTERM", arguments: ["", "trap '' TERM; "])
    func ended(prefix: String) async throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop(name: "test")
        let command = Command()
        let ready = "\(directory.path)/ready"
        let kept = try await loop.run { () -> Kept in
            let process = try command.start(prefix + "touch \(ready); while :; do sleep 0.05; done", on: loop)
            groups("\(directory.path)/commands", on: loop).note([process.pid])
            return Kept(process)
        }
        try await eventually("the trap is set") { access(ready, F_OK) == 0 }
        let next = try await loop.run { () -> Kept in
            let next = groups("\(directory.path)/commands", on: loop)
            next.endLeftovers(grace: .milliseconds(200))
            return Kept(next)
        }
        try await eventually("the command has ended") { command.ended.withLock { $0 != nil } }
        #expect(command.ended.withLock { $0?.number } == (prefix.isEmpty ? SIGTERM : SIGKILL))
        try await loop.run {
            kept.drop()
            next.drop()
        }
        loop.stop()
    }

    @Test("stay noted until they have been killed, also while others run")
    func stayNoted() async throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop(name: "test")
        let command = Command()
        let path = "\(directory.path)/commands"
        let ready = "\(directory.path)/ready"
        let kept = try await loop.run { () -> Kept in
            let process = try command.start("trap '' TERM; touch \(ready); while :; do sleep 0.05; done", on: loop)
            groups(path, on: loop).note([process.pid])
            return Kept(process)
        }
        try await eventually("the trap is set") { access(ready, F_OK) == 0 }
        let next = try await loop.run { () -> Kept in
            let next = groups(path, on: loop)
            next.endLeftovers(grace: .milliseconds(200))
            next.note([getpid()])
            #expect(StateFile.contents(path)?.count { $0 == UInt8(ascii: "\n") } == 3)
            return Kept(next)
        }
        try await eventually("the command has ended") { command.ended.withLock { $0 != nil } }
        try await eventually("it is noted no more") {
            StateFile.contents(path)?.count { $0 == UInt8(ascii: "\n") } == 2
        }
        try await loop.run {
            kept.drop()
            next.drop()
        }
        loop.stop()
    }

    @Test("are left alone when they are noted no more, or when another process has their number")
    func others() async throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop(name: "test")
        let command = Command()
        let kept = try await loop.run { () -> Kept in
            let process = try command.start("sleep 60", on: loop)
            let path = "\(directory.path)/commands"
            let first = groups(path, on: loop)
            first.note([process.pid])
            first.note([])
            let noted = try #require(StateFile.contents(path).map { String(decoding: $0, as: UTF8.self) })
            groups(path, on: loop).endLeftovers(grace: .zero)
            let another = noted + "\(process.pid) 1 \(getsid(0))\n"
            #expect(StateFile.replace(path, with: Array(another.utf8)) == nil)
            groups(path, on: loop).endLeftovers(grace: .zero)
            let anotherBoot = "boot\n\(process.pid) 1 \(getsid(0))\n"
            #expect(StateFile.replace(path, with: Array(anotherBoot.utf8)) == nil)
            groups(path, on: loop).endLeftovers(grace: .zero)
            return Kept(process)
        }
        try await Task.sleep(for: .milliseconds(200))
        #expect(command.ended.withLock { $0 } == nil)
        try await loop.run { (kept.value as? ChildProcess)?.kill() }
        try await eventually("its end") { command.ended.withLock { $0 != nil } }
        try await loop.run { kept.drop() }
        loop.stop()
    }
}

/// Something of a loop, between two visits there.
///
/// @unchecked Sendable because its value is touched on the loop only.
private final class Kept: @unchecked Sendable {
    private(set) var value: AnyObject?
    init(_ value: AnyObject) { self.value = value }
    func drop() { value = nil }
}
