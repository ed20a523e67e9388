import Options
import Testing

@testable import LoadCore

@Suite("What sluice-load is asked for")
struct PlanTests {
    private func plan(_ arguments: String..., descriptors: Int = 20_000) throws -> LoadPlan {
        guard case .run(let invocation) = try LoadOptions.program.parse(arguments, environment: [:]) else {
            throw LoadFailure("nothing to run")
        }
        return try LoadPlan(invocation, descriptors: descriptors, runID: "test")
    }

    private func message(_ body: () throws -> LoadPlan) -> String {
        let error = #expect(throws: OptionError.self) { _ = try body() }
        #expect(error?.exitCode == 64)
        return error?.description ?? ""
    }

    @Test("without options a small load goes to the local gateway")
    func defaults() throws {
        let plan = try plan()
        guard case .gateway(let address, let agents) = plan.target else { throw LoadFailure("not a gateway") }
        #expect(address.description == "http://127.0.0.1:8080")
        #expect(agents.description == "127.0.0.1:9090")
        #expect(plan.pace == .open(rate: 100))
        #expect(plan.workers == 1)
        #expect(plan.plain == 100)
    }

    @Test("there are as many workers as the limit of descriptors asks for")
    func workers() throws {
        #expect(try plan("--subscribers", "19000").workers == 1)
        #expect(try plan("--subscribers", "20000").workers == 2)
        #expect(try plan("--subscribers", "50000").workers == 3)
        #expect(try plan("--subscribers", "100", "--workers", "4").workers == 4)
        #expect(try plan("--subscribers", "2", "--workers", "4").workers == 2)
        #expect(message { try plan("--subscribers", "50000", "--workers", "2") }.contains("--subscribers"))
        #expect(message { try plan("--subscribers", "50000", descriptors: 1_024) }.contains("ulimit -n"))
    }

    @Test("options that contradict each other are refused by name")
    func contradictions() {
        #expect(message { try plan("--slow", "60", "--frozen", "60") }.contains("--frozen"))
        #expect(message { try plan("--in-flight", "4", "--storm-at", "1s") }.contains("--in-flight"))
        #expect(message { try plan("--storm-at", "10s") }.contains("--storm-at"))
        #expect(message { try plan("--topics", "200") }.contains("--topics"))
        #expect(message { try plan("--topics", "2", "--agents", "3") }.contains("--agents"))
        #expect(message { try plan("--stream-type", "metrics", "--topics", "2") }.contains("--stream-type"))
        #expect(message { try plan("--stream-type", "metrics", "--rate", "11") }.contains("--rate"))
        #expect(message { try plan("--peer-publish", "http://h/{topic}") }.contains("--peer-subscribe"))
        #expect(message { try plan("--server-pid", "0") }.contains("--server-pid"))
    }

    @Test("churn and storms bring probes of /healthz with them")
    func probes() throws {
        #expect(try !plan().probes)
        #expect(try plan("--churn", "1").probes)
        #expect(try plan("--storm-at", "1s").probes)
        #expect(try plan("--probe").probes)
    }

    @Test("hosts are beside the agents, and need a gateway")
    func hosts() throws {
        let plan = try plan("--log-agents", "20", "--log-rate", "20000", "--metric-agents", "2000")
        #expect((plan.logAgents, plan.logRate, plan.logLineBytes, plan.metricAgents) == (20, 20_000, 240, 2_000))
        #expect(plan.logAgentID(7) == "load-test-log-7")
        #expect(message { try self.plan("--log-line-bytes", "199") }.contains("--log-line-bytes"))
        let peer = ["--peer-subscribe", "http://h/{topic}", "--peer-publish", "http://h/{topic}"]
        #expect(
            message { try self.plan(peer[0], peer[1], peer[2], peer[3], "--log-agents", "1") }.contains("--log-agents"))
    }

    @Test("subscriptions name the agent and the topic, and keep the connection")
    func topics() throws {
        let topics = LoadTopic.all(
            of: try plan("--agents", "2", "--topics", "3", "--buffer-size", "77"), taskIDs: [])
        #expect(topics.map(\.agent) == [0, 1, 0])
        #expect(topics.map(\.name) == ["load-test-0", "load-test-1", "load-test-2"])
        let request = try #require(topics[1].createRequest)
        #expect(request.hasPrefix("POST /subscriptions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"))
        #expect(
            request.hasSuffix(
                #"{"stream_type":"container_logs","agent_id":"load-1","resource":"load-test-1","config":{"buffer_size":77}}"#
            ))
        #expect(topics[1].path == nil)
    }

    @Test("a peer's topics are in its addresses")
    func peerTopics() throws {
        let plan = try plan(
            "--peer-subscribe", "http://[::1]:81/sub?id={topic}&again={topic}", "--peer-publish", "http://h/{topic}",
            "--topics", "2")
        #expect(plan.isPeer)
        #expect(
            LoadTopic.all(of: plan, taskIDs: []).map(\.path) == [
                "/sub?id=load-test-0&again=load-test-0", "/sub?id=load-test-1&again=load-test-1",
            ])
    }
}

@Suite("Addresses")
struct WebAddressTests {
    @Test(
        "host, port and path are found",
        arguments: [
            ("http://127.0.0.1:8080", "127.0.0.1", 8_080, "/"), ("http://host", "host", 80, "/"),
            ("http://host/a/b?c=d", "host", 80, "/a/b?c=d"), ("http://[::1]:9/x", "::1", 9, "/x"),
        ] as [(String, String, UInt16, String)])
    func good(_ text: String, _ host: String, _ port: UInt16, _ path: String) throws {
        let address = try #require(WebAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.path == path)
    }

    @Test(
        "what is no plain http address is refused",
        arguments: ["", "https://host", "host:80", "http://", "http://:80", "http://h:0", "http://h:x", "http://a b/"])
    func bad(_ text: String) {
        #expect(WebAddress(text) == nil)
    }
}
