import Testing
import Wire

@testable import AgentCore

@Suite("Failed units")
struct UnitTableTests {
    @Test("each line of systemctl is a unit, with its state and what it is")
    func parse() {
        let output = """
            cron.service loaded failed failed Regular background program processing daemon
            data.mount   loaded failed failed /data
            nothing
            bare.service not-found failed failed

            """
        #expect(
            UnitTable.parse(output) == [
                FailedUnit(
                    name: "cron.service", state: "failed", detail: "Regular background program processing daemon"),
                FailedUnit(name: "data.mount", state: "failed", detail: "/data"),
                FailedUnit(name: "bare.service", state: "failed", detail: ""),
            ])
        #expect(UnitTable.parse("").isEmpty)
        let many = (0..<1000).map { "u\($0).service loaded failed failed x" }.joined(separator: "\n")
        #expect(UnitTable.parse(many).count == UnitTable.maximum)
    }

    @Test("what has failed since the look before is news; the first look has none")
    func news() {
        let cron = FailedUnit(name: "cron.service", state: "failed", detail: "")
        let web = FailedUnit(name: "web.service", state: "failed", detail: "")
        #expect(UnitTable.newlyFailed(nil, [cron]).isEmpty)
        #expect(UnitTable.newlyFailed([cron], [cron, web]) == [web])
        #expect(UnitTable.newlyFailed([cron, web], [web]).isEmpty)
        #expect(UnitTable.newlyFailed([], [cron]) == [cron])
    }

    @Test("they are in the health check as services and as failed units, without metrics too")
    func encoding() {
        var sample = HealthSample(timestamp: 5)
        let arena = WireArena()
        #expect(sample.message(in: arena).pointee.n_failed_units == 0)
        sample.failedUnits = [FailedUnit(name: "cron.service", state: "failed", detail: "")]
        let health = sample.message(metrics: false, in: arena).pointee
        #expect(wireStrings(health.n_failed_units, health.failed_units) == ["cron.service"])
        let services = WireList(health.n_services, health.services).map { $0.pointee }
        #expect(services.map { String(wire: $0.name) } == ["cron.service"])
        #expect(services.map { String(wire: $0.state) } == ["failed"] && services[0].has_detail == 0)
    }
}
