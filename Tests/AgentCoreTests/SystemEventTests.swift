import Glibc
import Logging
import Reactor
import Synchronization
import Testing

@testable import AgentCore

/// A host made of a few files, and the events that are seen on it.
///
/// @unchecked Sendable because everything but `loop` is touched on the loop only.
private final class EventHost: @unchecked Sendable {
    let loop: EventLoop
    let root: String
    private var source: SystemEventSource?

    init() throws {
        loop = try EventLoop(name: "events")
        var template = Array("/tmp/sluice-events-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        root = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        for directory in ["/var/log", "/proc/sys/kernel/random", "/state"] { StateFile.makeDirectory(root + directory) }
        write("/proc/sys/kernel/random/boot_id", "boot-1\n")
    }

    func write(_ path: String, _ text: String) { _ = StateFile.replace(root + path, with: Array(text.utf8)) }

    func append(_ path: String, _ bytes: [UInt8]) throws {
        let descriptor = open(root + path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    func start(keepsState: Bool = true) async throws {
        try await loop.run { [self] in
            var settings = SystemEventSource.Settings()
            settings.root = HostRoot(root)
            settings.statePath = keepsState ? root + "/state/events" : nil
            settings.gathering = 20
            settings.packageDelay = .milliseconds(50)
            settings.checkpointDelay = .milliseconds(20)
            source = SystemEventSource(
                settings, host: HostReadings(root: HostRoot(root)), loop: loop,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    /// As a kill would end it.
    func kill() async throws { try await loop.run { [self] in source = nil } }

    func acknowledgeAll() async throws {
        try await loop.run { [self] in
            guard let stream = source?.stream else { return }
            stream.acknowledge(upTo: stream.queue.lastSeq)
        }
    }

    var kept: Int { get async throws { try await loop.run { [self] in source?.stream.queue.kept.count ?? 0 } } }

    /// Kinds and messages of all that was not acknowledged, in the order of its numbers.
    func text() async throws -> String {
        try await loop.run { [self] in
            (source?.stream.queue.kept ?? []).map { String(decoding: $0.payload, as: UTF8.self) }.joined()
        }
    }

    func lastSeq() async throws -> UInt64 { try await loop.run { [self] in source?.stream.queue.lastSeq ?? 0 } }

    func end() async throws {
        try await kill()
        loop.stop()
        for directory in ["/var/log", "/state", "/proc/sys/kernel/random"] {
            for name in directoryNames(root + directory) { unlink(root + directory + "/" + name) }
        }
    }
}

@Suite("System events", .serialized)
struct SystemEventTests {
    private func withHost(_ body: (EventHost) async throws -> Void) async throws {
        let host = try EventHost()
        do {
            try await body(host)
        } catch {
            try await host.end()
            throw error
        }
        try await host.end()
    }

    @Test("logins and failed ones are seen as they are written, also in a file that is new")
    func logins() async throws {
        try await withHost { host in
            try host.append("/var/log/wtmp", loginRecord(type: USER_PROCESS, user: "before", line: "tty1", host: ""))
            try await host.start()
            try host.append("/var/log/wtmp", loginRecord(type: USER_PROCESS, user: "ada", line: "tty1", host: ""))
            try host.append(
                "/var/log/btmp", loginRecord(type: LOGIN_PROCESS, user: "root", line: "ssh", host: "192.0.2.1"))
            try await eventually("both") {
                let text = try await host.text()
                return text.contains("ada logged in") && text.contains("a login as root from 192.0.2.1 failed")
            }
            #expect(try await !host.text().contains("before"))
            // Rotated.
            try #require(rename(host.root + "/var/log/wtmp", host.root + "/var/log/wtmp.1") == 0)
            try host.append("/var/log/wtmp", loginRecord(type: USER_PROCESS, user: "eve", line: "tty1", host: ""))
            try await eventually("the new file") { try await host.text().contains("eve logged in") }
        }
    }

    @Test("of a thousand failed logins some are reported, and how many were not")
    func guessing() async throws {
        try await withHost { host in
            try host.append("/var/log/btmp", [])
            try await host.start()
            let record = loginRecord(type: USER_PROCESS, user: "root", line: "ssh", host: "192.0.2.1")
            try host.append("/var/log/btmp", Array(repeatElement(record, count: 400).joined()))
            try await eventually("events") { try await host.lastSeq() >= 10 }
            #expect(try await host.lastSeq() == 10)
        }
    }

    @Test("a run of the package manager is one event")
    func packages() async throws {
        try await withHost { host in
            try host.append("/var/log/dpkg.log", Array("2024-05-01 09:00:00 install old:all <none> 1\n".utf8))
            try await host.start()
            for name in ["curl", "wget"] {
                try host.append("/var/log/dpkg.log", Array("2024-05-01 10:00:00 install \(name):amd64 <none> 1\n".utf8))
            }
            try await eventually("the event") { try await host.text().contains("installed curl, wget") }
            #expect(try await host.lastSeq() == 1)
        }
    }

    @Test("the first start is no event; later ones are, and a new boot is another")
    func starts() async throws {
        try await withHost { host in
            try await host.start()
            #expect(try await host.lastSeq() == 0)
            try await host.kill()
            try await host.start()
            #expect(try await host.text().contains("agent_restarted"))
            try await host.acknowledgeAll()
            try await host.kill()
            host.write("/proc/sys/kernel/random/boot_id", "boot-2\n")
            try await host.start()
            let text = try await host.text()
            #expect(text.contains("reboot"))
        }
    }

    @Test("what was not acknowledged survives a kill with its numbers, and what happened meanwhile is seen once")
    func kill() async throws {
        try await withHost { host in
            try host.append("/var/log/wtmp", [])
            try await host.start()
            for round in 1...5 {
                try host.append(
                    "/var/log/wtmp", loginRecord(type: USER_PROCESS, user: "user\(round)", line: "", host: ""))
                try await eventually("the event") { try await host.text().contains("user\(round) logged in") }
                let seq = try await host.lastSeq()
                try await host.kill()
                try host.append(
                    "/var/log/wtmp", loginRecord(type: USER_PROCESS, user: "away\(round)", line: "", host: ""))
                try await host.start()
                // The start itself, and who came meanwhile.
                try await eventually("all") { try await host.lastSeq() == seq + 2 }
                let text = try await host.text()
                for user in (1...round).flatMap({ ["user\($0)", "away\($0)"] }) {
                    #expect(text.components(of: "\(user) logged in") == 1)
                }
            }
        }
    }

    @Test("events go to the gateway, and again to the next one until they are acknowledged")
    func delivery() async throws {
        let fixture = try LogFixture()
        defer { fixture.remove() }
        let gateway = try await ScriptedGateway()
        try await gateway.configure { $0.acknowledgesItems = false }
        for round in 1...3 {
            let agent = try await RunningAgent(gateway) { $0.stateDirectory = fixture.state }
            try await eventually("a Hello") { gateway.state.hellos.count == round && gateway.state.isOpen }
            #expect(gateway.state.hellos[0].streamTypes.contains("system_events"))
            try await gateway.desire(1, [.init(ref: 1, type: "system_events")])
            try await eventually("the starts") {
                gateway.reliable("system_events").items.filter { $0 == "agent_restarted" }.count == round - 1
            }
            try await agent.end()
        }
        let stream = gateway.reliable("system_events")
        #expect(stream.holes.isEmpty && stream.gaps.isEmpty && stream.earlierOrigins.isEmpty)
    }
}

extension String {
    /// How often `text` is in it.
    fileprivate func components(of text: String) -> Int {
        indices.filter { self[$0...].hasPrefix(text) }.count
    }
}
