import JSON
import Model
import Payloads
import Service

extension RouteTable {
    static func operationsRoutes(_ configuration: APIConfiguration) -> [Route] {
        [
            Route(immediate: "/healthz", "Whether the process lives", response: "Health") { context in
                .json {
                    $0.object {
                        $0.member("status", "ok")
                        $0.member("version", context.configuration.version)
                    }
                }
            },
            Route(
                .get, "/readyz", .open, "Whether the gateway takes requests", response: "Readiness",
                statuses: [200, 503], always: true, reply: readiness),
            Route(
                stream: "/selftest/sse", .open,
                "Ten events, one every 500 ms: where they come together, something in between holds them back"
            ) { _ in .selfTest },
            Route(
                .get, "/metrics", configuration.isMetricsPublic ? .open : .atLeast(.viewer),
                "The gateway's own metrics for Prometheus", response: "text/plain", always: true
            ) { context in
                var text = MetricsText()
                await context.service.writeMetrics(to: &text)
                await context.statistics.write(to: &text)
                return HTTPResponse(
                    status: 200, headers: [("Content-Type", MetricsText.contentType)], body: text.bytes)
            },
        ]
    }

    /// A check that fails is shown and does not by itself make the gateway unready: it goes on streaming without its
    /// store, and taking it out of a load balancer would end that too.
    private static let readiness: Route.Reply = { context in
        let phase = context.service.phase
        let checks = await context.service.readiness()
        var response = HTTPResponse.json(phase == .ready ? 200 : 503) {
            $0.object {
                $0.member("status", phase.rawValue)
                $0.object("checks") { for check in checks { check.write(to: &$0) } }
            }
        }
        if phase != .ready { response.headers.append(("Retry-After", phase == .starting ? "1" : "5")) }
        return response
    }
}

extension ReadinessCheck {
    /// As a member of the object that is open.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object(name) {
            $0.member("ok", isOK)
            $0.member("detail", detail)
        }
    }
}
