import HTTPAPI
import JSON
import Model
import Service
import Testing

/// Requests and answers as the streaming specification prints them: what it names is there, with those values.
@Suite("The examples of the specification")
struct CustomerExampleTests {
    let gateway = FakeGateway()
    var router: Router { Router(gateway) }

    /// Each member of the example is in the answer: equal, or for text that ends in dots beginning like it.
    private func expect(_ answer: JSONValue?, has example: JSONValue, _ path: String = "$") {
        switch example {
        case .object(let object):
            for member in object.members { expect(answer?[member.name], has: member.value, "\(path).\(member.name)") }
        case .array(let elements):
            for (index, element) in elements.enumerated() { expect(answer?[index], has: element, "\(path)[\(index)]") }
        case .string(let text) where text.hasSuffix("..."):
            #expect(answer?.string?.hasPrefix(text.dropLast(3)) == true, "\(path)")
        default:
            #expect(answer == example, "\(path)")
        }
    }

    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test("a server-internal stream")
    func serverStream() async throws {
        let request = """
            {
              "stream_type": "health_check",
              "agent_id": "a1",
              "config": {
                "interval": "30s",
                "metrics": ["cpu", "memory", "disk"]
              }
            }
            """
        let answer = await router.call(.post, "/admin/streams/server", request)
        #expect(answer.status == 201)
        let example = """
            {
              "stream_id": "srv_...",
              "status": "active",
              "processor": "health_check",
              "started_at": "2025-01-29T..."
            }
            """
        expect(answer.json, has: try parse(example))
        var config = StreamConfig.defaults(for: .healthCheck)
        config.filters = ["cpu", "disks", "memory"]
        #expect(config.interval == 30_000)
        #expect(
            gateway.state.serverRequest
                == ServerStreamRequest(type: .healthCheck, agent: FakeGateway.agent, config: config))
    }

    @Test("the health of an agent")
    func health() async throws {
        let answer = await router.call(.get, "/analytics/agents/a1/health")
        #expect(answer.status == 200)
        let example = """
            {
              "agent_id": "a1",
              "current_health": "healthy",
              "last_check": "2025-01-29T...",
              "metrics": {
                "cpu_usage": 25.4,
                "memory_usage": 65.2
              },
              "predictions": {
                "risk_level": "low",
                "estimated_capacity_remaining": "72h"
              },
              "alerts": []
            }
            """
        expect(answer.json, has: try parse(example))
        #expect(answer.json?["metrics"]?["disk_usage"] == .null)
        #expect(answer.json?["alerts"] == .array([]))
    }

    @Test("aggregated logs")
    func logs() async throws {
        let answer = await router.call(.get, "/logs/search?agent_id=a1&level=ERROR&since=1h")
        #expect(answer.status == 200)
        let example = """
            {
              "logs": [
                {
                  "timestamp": "2025-01-29T...",
                  "level": "ERROR",
                  "component": "docker",
                  "message": "Container failed to start",
                  "agent_id": "a1"
                }
              ],
              "total": 1,
              "page": 1
            }
            """
        expect(answer.json, has: try parse(example))
        #expect(answer.json?["logs"]?[0]?["attributes"]?["exit"] == .integer(1))
        #expect(gateway.state.processing.logs?.since == FakeGateway.time + -3_600_000)
    }
}
