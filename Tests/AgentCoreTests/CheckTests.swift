import Glibc
import Options
import class TestSupport.TemporaryDirectory
import Testing

@testable import AgentCore

@Suite("sluice-agent check")
struct CheckTests {
    private func configuration(_ change: (inout AgentConfiguration) -> Void = { _ in }) -> AgentConfiguration {
        var configuration = AgentConfiguration(
            gateway: Endpoint(host: "127.0.0.1", port: 9), id: "a", version: "test")
        change(&configuration)
        return configuration
    }

    private func item(_ name: String, _ change: (inout AgentConfiguration) -> Void = { _ in }) throws -> CheckItem {
        try #require(HostCheck(configuration(change)).streams().first { $0.name == name })
    }

    @Test("there is one line for each stream type that an agent can have")
    func complete() {
        let names = HostCheck(configuration()).streams().map(\.name)
        #expect(
            names == [
                "shell_output", "docker_output", "container_logs", "metrics", "health_check", "system_events",
                "log_aggregation", "deployment_status",
            ])
        let report = CheckReport(agentID: "a", gateway: "g", streams: HostCheck(configuration()).streams(), others: [])
        #expect(report.text.split(separator: "\n").count == names.count)
    }

    @Test("what nobody asked for is a no that is no failure, and says what to start with")
    func unwanted() throws {
        let shell = try item("shell_output")
        #expect(shell.verdict == .no && !shell.isFailure && shell.remedy == "start with --allow shell")
        let logs = try item("log_aggregation")
        #expect(logs.verdict == .no && !logs.isFailure && logs.remedy.contains("--log-path"))
    }

    @Test("what was asked for and is possible is a yes")
    func possible() throws {
        let directory = try TemporaryDirectory()
        #expect(StateFile.replace("\(directory.path)/a.log", with: []) == nil)
        let logs = try item("log_aggregation") {
            $0.logPaths = ["\(directory.path)/*.log"]
            $0.stateDirectory = directory.path
        }
        #expect(logs.verdict == .yes && logs.reason == "1 file")
        let shell = try item("shell_output") {
            $0.allowedTasks = ["shell"]
            $0.stateDirectory = directory.path
        }
        #expect(shell.verdict == .yes)
    }

    @Test("log files that match nothing, and agents that keep no state, are told")
    func partly() throws {
        let nothing = try item("log_aggregation") { $0.logPaths = ["/nonexistent/*.log"] }
        #expect(nothing.verdict == .partly && nothing.reason.contains("/nonexistent/*.log"))
        let shell = try item("shell_output") { $0.allowedTasks = ["shell"] }
        #expect(shell.verdict == .partly && shell.remedy == "start with --state-dir")
    }

    @Test("containers need a socket that can be used, and tasks on them the permission, too")
    func containers() throws {
        let directory = try TemporaryDirectory()
        let socket = "\(directory.path)/engine.sock"
        let missing = try item("container_logs") { $0.containerHost = ContainerHost(socket) }
        #expect(missing.isFailure && missing.reason == "there is no \(socket)")
        #expect(StateFile.replace(socket, with: []) == nil)
        let present = try item("container_logs") { $0.containerHost = ContainerHost("unix://\(socket)") }
        #expect(present.verdict == .yes && present.reason == socket)
        let tasks = try item("docker_output") { $0.containerHost = ContainerHost(socket) }
        #expect(tasks.verdict == .no && !tasks.isFailure && tasks.remedy == "start with --allow docker")
        let none = try item("docker_output") {
            $0.allowedTasks = ["docker"]
            $0.containerHost = nil
        }
        #expect(none.isFailure && none.remedy == "start without --docker-host none")
    }

    @Test("a host whose files are not there has no metrics, and says which events are missing")
    func bareHost() throws {
        let directory = try TemporaryDirectory()
        let streams = HostCheck(configuration(), root: HostRoot(directory.path)).streams()
        let metrics = try #require(streams.first { $0.name == "metrics" })
        #expect(metrics.verdict == .no && metrics.isFailure)
        let events = try #require(streams.first { $0.name == "system_events" })
        #expect(
            events.verdict == .partly && events.reason.contains("no oom_kill, kernel_error: /dev/kmsg: No such file"))
    }

    @Test("a gateway that nobody serves, and a state directory that cannot be, are failures")
    func surroundings() throws {
        let items = SurroundingsCheck(configuration: configuration { $0.stateDirectory = "/proc/nowhere" }).items()
        let gateway = try #require(items.first { $0.name == "gateway" })
        #expect(gateway.isFailure && gateway.reason == "127.0.0.1:9: Connection refused")
        #expect(try #require(items.first { $0.name == "state" }).isFailure)
        let report = CheckReport(agentID: "a", gateway: "g", streams: [], others: items)
        #expect(
            !report.isGood
                && report.json.hasPrefix(#"{"ok":false,"agent_id":"a","gateway":"g","streams":[],"other":[{"#))
    }
}
