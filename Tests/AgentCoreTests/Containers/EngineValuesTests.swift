import JSON
import Model
import Testing

@testable import AgentCore

@Suite("What a container engine tells")
struct EngineValuesTests {
    private func json(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test("a container of the list has its name, health and ports, whatever else is missing")
    func summary() throws {
        let text = """
            {"Id":"4f9c","Names":["/web"],"Image":"nginx:1","State":"running","Status":"Up 2 hours (unhealthy)",
            "Created":1700000000,"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
            {"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":9000,"Type":"udp"}]}
            """
        let container = try #require(ContainerSummary(try json(text)))
        #expect(container.name == "web" && container.health == "unhealthy" && container.createdAt == 1_700_000_000)
        #expect(container.ports == ["0.0.0.0:8080->80/tcp", "[::]:8080->80/tcp", "9000/udp"])
        let bare = try #require(ContainerSummary(try json(#"{"Id":"5","Names":null,"Ports":null,"State":"exited"}"#)))
        #expect(bare.name.isEmpty && bare.health == nil && bare.ports.isEmpty && bare.createdAt == nil)
        #expect(ContainerSummary(try json("{}")) == nil)
    }

    @Test("CPU is the share of all cores between two readings; memory is without the page cache, for both cgroups")
    func readings() throws {
        func reading(_ cpu: UInt64, cache: String, at time: UInt64) throws -> ContainerReading {
            let text = """
                {"cpu_stats":{"cpu_usage":{"total_usage":\(cpu)},"online_cpus":4},
                "memory_stats":{"usage":1000,"limit":5000,"stats":{"\(cache)":300}}}
                """
            return ContainerReading(try json(text), takenAt: MonotonicTime(nanoseconds: time))
        }
        let first = try reading(1_000_000_000, cache: "total_inactive_file", at: 5_000_000_000)
        let second = try reading(3_000_000_000, cache: "inactive_file", at: 6_000_000_000)
        #expect(second.cpuPercent(since: first, hostCores: 2) == 50)
        #expect(first.memoryBytes == 700 && second.memoryBytes == 700 && second.memoryLimitBytes == 5_000)
        #expect(
            first.cpuPercent(since: second, hostCores: 2) == nil && first.cpuPercent(since: first, hostCores: 2) == nil)
        let none = ContainerReading(try json("{}"), takenAt: .init(nanoseconds: 9_000_000_000))
        #expect(none.memoryBytes == nil && none.cpuPercent(since: first, hostCores: 2) == nil)
        let unlimited = ContainerReading(
            try json(#"{"memory_stats":{"usage":5,"limit":9223372036854771712}}"#), takenAt: .init(nanoseconds: 0))
        #expect(unlimited.memoryBytes == 5 && unlimited.memoryLimitBytes == nil)
    }

    @Test("the names of images are taken apart as the engine wants them")
    func images() {
        func parts(_ text: String) -> [String] { [ImageName(text).name, ImageName(text).tag] }
        #expect(parts("app") == ["app", "latest"])
        #expect(parts("registry:5000/team/app") == ["registry:5000/team/app", "latest"])
        #expect(parts("registry:5000/team/app:1.2") == ["registry:5000/team/app", "1.2"])
        #expect(parts("app@sha256:ab") == ["app", "sha256:ab"])
    }

    @Test("a pull tells each change of a layer, how far it is once a second, and what is wrong")
    func pull() {
        var pull = PullProgress()
        func take(_ text: String, at milliseconds: UInt64) -> String? {
            pull.take(Array(text.utf8), now: MonotonicTime(nanoseconds: milliseconds * 1_000_000))
        }
        func layer(_ current: Int) -> String {
            #"{"status":"Downloading","progressDetail":{"current":\#(current),"total":31000000},"id":"a1"}"#
        }
        #expect(
            take(#"{"status":"Pulling from library/app","id":"latest"}"#, at: 0) == "latest: Pulling from library/app")
        #expect(take(layer(0), at: 0) == "a1: Downloading 0% of 31 MB")
        #expect(take(layer(1_000_000), at: 500) == nil)
        #expect(take(layer(15_500_000), at: 1_000) == "a1: Downloading 50% of 31 MB")
        #expect(take(#"{"status":"Pull complete","progressDetail":{},"id":"a1"}"#, at: 1_001) == "a1: Pull complete")
        #expect(take(#"{"status":"Status: Downloaded\nnewer image"}"#, at: 2_000) == "Status: Downloaded newer image")
        #expect(take("nonsense", at: 2_000) == nil && take("[1]", at: 2_000) == nil && pull.failure == nil)
        #expect(take(#"{"errorDetail":{"message":"no such manifest"},"error":"x"}"#, at: 2_000) == nil)
        #expect(pull.failure == "no such manifest")
    }

    @Test("an order that makes no sense is refused")
    func orders() throws {
        func order(_ operation: String, image: String? = nil, container: String? = nil, _ args: [String] = []) throws {
            _ = try DockerOrder(
                operation: operation, image: image, container: container, arguments: args, environment: [])
        }
        try order("run", image: "app")
        try order("exec", container: "web", ["ls"])
        #expect(throws: InvalidOrder.self) { try order("prune") }
        #expect(throws: InvalidOrder.self) { try order("run") }
        #expect(throws: InvalidOrder.self) { try order("stop") }
        #expect(throws: InvalidOrder.self) { try order("stop", container: "../images") }
        #expect(throws: InvalidOrder.self) { try order("exec", container: "web") }
    }

    @Test(
        "--docker-host is a socket of the file system", arguments: ["tcp://host:2375", "ssh://host", "", "docker.sock"])
    func hosts(_ text: String) {
        #expect(ContainerHost(text) == nil)
        #expect(ContainerHost("unix:///run/x.sock")?.sockets == ["/run/x.sock"])
        #expect(ContainerHost("/run/x.sock") == ContainerHost("unix:///run/x.sock"))
        #expect(ContainerHost("/" + String(repeating: "x", count: 107)) == nil)
    }
}

@Suite("Events of a container engine")
final class ContainerEventReaderTests {
    private var reader = ContainerEventReader()

    private func line(_ action: String, id: String = "4f9c", code: String? = nil, at time: Int) -> [UInt8] {
        let exit = code.map { #","exitCode":"\#($0)""# } ?? ""
        let actor = #"{"ID":"\#(id)","Attributes":{"name":"web","image":"app:1"\#(exit)}}"#
        return Array(#"{"Type":"container","Action":"\#(action)","Actor":\#(actor),"timeNano":\#(time)}"#.utf8)
    }

    private let now = MonotonicTime(nanoseconds: 1)

    private func take(_ line: [UInt8], now: MonotonicTime) -> HostEvent? { reader.take(line, now: now) }

    @Test("a container that ends with an error has died")
    func death() throws {
        let event = try #require(take(line("die", code: "3", at: 1_700_000_000_500_000_000), now: now))
        #expect(event.kind == .containerDied && event.severity == .warning && event.unit == "web")
        #expect(event.message == "container web has died with exit code 3" && event.timestamp == 1_700_000_000.5)
        #expect(event.attributes.contains { $0 == ("exit_code", "3") })
    }

    @Test("one that ends well has not; of one that was told to end it is no more than a note")
    func ends() {
        #expect(take(line("die", code: "0", at: 1), now: now) == nil)
        #expect(take(line("kill", at: 2), now: now) == nil)
        #expect(take(line("die", code: "143", at: 3), now: now)?.severity == .info)
        #expect(take(line("die", code: "143", at: 4), now: now)?.severity == .warning)
    }

    @Test("one that ran out of memory is critical")
    func memory() throws {
        #expect(take(line("oom", at: 1), now: now) == nil)
        let event = try #require(take(line("die", code: "137", at: 2), now: now))
        #expect(event.severity == .critical && event.attributes.contains { $0 == ("oom_killed", "true") })
    }

    @Test("one whose check fails is unhealthy")
    func health() {
        #expect(take(line("health_status: healthy", at: 1), now: now) == nil)
        #expect(take(line("health_status: unhealthy", at: 2), now: now)?.kind == .containerUnhealthy)
    }

    @Test("what comes again after a broken connection is told once, and a loop of crashes is bounded")
    func bounds() {
        #expect(take(line("die", code: "1", at: 5), now: now) != nil)
        #expect(take(line("die", code: "1", at: 5), now: now) == nil && reader.latest == 5)
        var told = 1
        for time in 6..<106 where take(line("die", code: "1", at: time), now: now) != nil { told += 1 }
        #expect(told == 20)
        let later = MonotonicTime(nanoseconds: 61_000_000_000)
        let event = take(line("die", code: "1", at: 200), now: later)
        #expect(event?.attributes.contains { $0 == ("suppressed", "81") } == true)
        for index in 0..<1_000 { _ = take(line("kill", id: "\(index)", at: 300 + index), now: now) }
    }

    @Test("after a clock was set back, and out of order, no death is missed; what is repeated then is told once")
    func clockIsSetBack() {
        #expect(take(line("die", id: "a", code: "1", at: 9_000), now: now) != nil)
        #expect(take(line("die", id: "b", code: "1", at: 5_001), now: now) != nil)
        #expect(take(line("die", id: "c", code: "1", at: 5_000), now: now) != nil)
        #expect(take(line("die", id: "d", code: "1", at: 5_000), now: now) != nil && reader.latest == 5_000)
        for (id, time) in [("c", 5_000), ("d", 5_000), ("b", 5_001), ("a", 9_000)] {
            #expect(take(line("die", id: id, code: "1", at: time), now: now) == nil)
        }
        #expect(take(line("kill", id: "d", at: 5_000), now: now) == nil)
        #expect(take(line("die", id: "d", code: "1", at: 5_002), now: now)?.severity == .info, "the kill counted")
    }

    @Test("garbage is no event", arguments: ["", "{}", "[]", "nonsense", #"{"Type":"image","Action":"die","id":"x"}"#])
    func garbage(_ text: String) { #expect(take(Array(text.utf8), now: now) == nil) }
}
