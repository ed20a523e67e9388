import Testing
import Wire

@Suite("JSON filters")
struct JSONFilterTests {
    let arena = WireArena()

    @Test(
        "only what is named is there, and the timestamp",
        arguments: [
            (["load"], #"{"timestamp":1732365000,"load":{"load1":0.5,"load5":null,"load15":null}}"#),
            (["memory.usage_percent"], #"{"timestamp":1732365000,"memory":{"usage_percent":48}}"#),
            (
                ["load.load1", "cpu.core_usage"],
                #"{"timestamp":1732365000,"cpu":{"core_usage":[10.25,14.75]},"load":{"load1":0.5}}"#
            ),
            (["load.load1", "load"], #"{"timestamp":1732365000,"load":{"load1":0.5,"load5":null,"load15":null}}"#),
            (["processes", "network"], #"{"timestamp":1732365000,"network_interfaces":[],"processes":null}"#),
            (["network_interfaces.interface"], #"{"timestamp":1732365000,"network_interfaces":[]}"#),
            (
                ["disks.device", "disks.usage_percent"],
                #"{"timestamp":1732365000,"disks":[{"device":"/dev/sda1","usage_percent":41.667}]}"#
            ),
            (["timestamp"], #"{"timestamp":1732365000}"#),
        ] as [([String], String)])
    func parts(names: [String], expected: String) throws {
        let filter = try JSONFilter.compile(names, for: WireMetrics.self)
        #expect(json(sampleMetrics(in: arena), filter: filter) == expected)
    }

    @Test("no names: no filter")
    func everything() throws {
        #expect(try JSONFilter.compile([], for: WireMetrics.self) == nil)
    }

    @Test("names that exist", arguments: ["cpu", "network", "network.drops_in", "processes.top", "load.load15"])
    func known(name: String) {
        #expect(JSONFilter.isName(name, of: WireMetrics.self))
    }

    @Test(
        "names that do not exist are refused",
        arguments: [
            "", ".", "cpu.", ".cpu", "Cpu", "cp", "cpus", "cpu.usage", "cpu.usage_percent.x", "processes.top.pid",
            "timestamp.x", "net", "cpu usage", "cpu\0", "ｃpu",
        ])
    func unknown(name: String) {
        #expect(!JSONFilter.isName(name, of: WireMetrics.self))
        let error = #expect(throws: JSONFilter.UnknownName.self) {
            try JSONFilter.compile(["load", name], for: WireMetrics.self)
        }
        #expect(error?.name == name)
    }

    @Test("an agent can ask which parts are wanted")
    func includes() throws {
        let filter = try #require(try JSONFilter.compile(["cpu.usage_percent", "network"], for: WireMetrics.self))
        #expect(filter.includes("cpu"))
        #expect(filter.includes("network_interfaces"))
        #expect(filter.includes("network"))
        #expect(!filter.includes("disks"))
        #expect(!filter.includes("nonsense"))
    }
}
