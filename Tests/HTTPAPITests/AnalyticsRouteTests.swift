import HTTPAPI
import JSON
import Model
import Testing

@Suite("Analytics")
struct AnalyticsRouteTests {
    let router = Router(FakeGateway())

    private static let health =
        #"{"agent_id":"a1","current_health":"healthy","last_check":"2025-01-29T08:15:30.007Z","#
        + #""metrics":{"cpu_usage":25.4,"memory_usage":65.2,"disk_usage":null},"#
        + #""predictions":{"risk":0.12,"risk_level":"low","estimated_capacity_remaining":"72h","#
        + #""limiting_resource":"disk:/var"},"alerts":[],"#
        + #""health_check":{"timestamp":1738138530.007,"cpu_usage":25.4,"memory_usage":null,"disk_usage":null,"#
        + #""disk_mount_point":"/var","swap_usage":null,"load":{"load1":0.5,"load5":null,"load15":null},"#
        + #""core_count":null,"uptime_seconds":86400,"#
        + #""services":[{"name":"nginx","state":"failed","detail":"exit code 1"}],"unhealthy_containers":[],"#
        + #""failed_units":["nginx.service"]}}"#

    @Test("how a host is")
    func health() async {
        #expect(await router.call(.get, "/analytics/agents/a1/health").text == Self.health)
        #expect(await router.call(.get, "/analytics/agents/a2/health").code == "agent_not_found")
        #expect(await router.call(.get, "/analytics/agents/a%20b/health").field == "agent_id")
    }

    @Test("how the fleet is: every host, those that are away too, and what concerns many")
    func fleet() async {
        let alert = AlertRouteTests.alert.replacing(#""agent_id":"a1""#, with: #""agent_id":"*""#)
        #expect(
            await router.call(.get, "/analytics/fleet").text
                == #"{"agents":[\#(Self.health),{"agent_id":"a2","current_health":"offline","last_check":null,"#
                + #""metrics":{"cpu_usage":null,"memory_usage":null,"disk_usage":null},"#
                + #""predictions":{"risk":0,"risk_level":"low","estimated_capacity_remaining":null,"#
                + #""limiting_resource":null},"alerts":[],"health_check":null}],"#
                + #""correlated_alerts":[\#(alert)],"total":2}"#)
        #expect(await router.call(.get, "/analytics/fleet?page=1").field == "page")
    }
}
