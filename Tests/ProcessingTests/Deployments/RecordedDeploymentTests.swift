import Model
import Processing
import Testing

/// What the analyzer makes of the output of real tools: how far the deployment came, how it went there, and what a
/// person is told at the end.
@Suite("Recorded deployments")
struct RecordedDeploymentTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var name: String
        var phases: [DeploymentPhase]
        var progress: [Int] = []
        var health: DeploymentHealth
        /// `name: state, health`.
        var services: [String] = []
        /// The beginning of the last message.
        var message: String

        var testDescription: String { name }
    }

    @Test("phases, progress, services, health and the last word are those of the run", arguments: expected)
    func recorded(_ expected: Expected) throws {
        let recorded = try RecordedDeployment(expected.name)
        let run = recorded.run()
        let status = run.analyzer.status
        #expect(run.phases == expected.phases)
        #expect(run.progress == expected.progress)
        #expect(status.health == expected.health)
        #expect(status.services.map { "\($0.name): \($0.state), \($0.health.rawValue)" } == expected.services)
        #expect(status.message.hasPrefix(expected.message), "\(status.message)")
        #expect(status.phase == (recorded.exitCode == 0 ? .completed : .failed))
        #expect(run.analyzer.summary(duration: 2_340) == status.message + ", after 2.3 s")
    }

    @Test("a tool's output is read the same when all of it comes on stdout")
    func merged() throws {
        for expected in Self.expected where expected.name != "systemctl-restart" {
            var recorded = try RecordedDeployment(expected.name)
            for index in recorded.lines.indices { recorded.lines[index].isError = false }
            #expect(recorded.run().analyzer.status.message.hasPrefix(expected.message), "\(expected.name)")
        }
    }

    private static let expected: [Expected] = [
        Expected(
            name: "ansible", phases: [.preparing, .pulling, .starting, .verifying, .completed],
            progress: [50, 99, 100], health: .healthy,
            services: ["web2: ok=6 changed=4 failed=0, healthy", "web1: ok=6 changed=4 failed=0, healthy"],
            message: "completed: 2 of 2 services healthy"),
        Expected(
            name: "ansible-failed", phases: [.preparing, .starting, .verifying, .failed], progress: [50],
            health: .failed,
            services: ["web1: ok=2 changed=2 failed=0, healthy", "web2: ok=0 changed=0 failed=1, failed"],
            message: "failed: web2: port 80 is in use"),
        Expected(
            name: "ansible-unreachable", phases: [.preparing, .starting, .verifying, .failed], progress: [50],
            health: .failed,
            services: ["web3: ok=0 changed=0 failed=1, failed", "web1: ok=1 changed=1 failed=0, healthy"],
            message: "failed: web3: Failed to connect to the host via ssh: ssh: connect to host"),
        Expected(
            name: "buildkit", phases: [.building, .completed], progress: [0, 33, 66, 100], health: .unknown,
            message: "completed"),
        Expected(
            name: "buildkit-failed", phases: [.building, .failed], progress: [0, 33, 66], health: .failed,
            message: "failed: ERROR: executor failed running [/bin/sh -c sh -c 'echo \"main.c:3:"),
        Expected(
            name: "cargo", phases: [.building, .completed], progress: [100], health: .unknown,
            message: "completed"),
        Expected(
            name: "cargo-failed", phases: [.building, .failed], health: .failed,
            message: "failed: error: could not compile `hello` (bin \"hello\") due to 1 previous error"),
        Expected(
            name: "compose-v1-again", phases: [.starting, .completed], progress: [99, 100], health: .healthy,
            services: ["shop_db_1: up-to-date, healthy", "shop_web_1: up-to-date, healthy"],
            message: "completed: 2 of 2 services healthy"),
        Expected(
            name: "compose-v1-change", phases: [.starting, .completed], progress: [99, 100], health: .healthy,
            services: ["shop_db_1: started, healthy", "shop_web_1: up-to-date, healthy"],
            message: "completed: 2 of 2 services healthy"),
        Expected(
            name: "compose-v1-down", phases: [.preparing, .completed], progress: [100], health: .unknown,
            services: ["shop_db_1: gone, unknown", "shop_web_1: gone, unknown"],
            message: "completed"),
        Expected(
            name: "compose-v1-pull", phases: [.pulling, .starting, .completed], progress: [100], health: .healthy,
            services: ["shoppull_web_1: started, healthy"],
            message: "completed: 1 of 1 services healthy"),
        Expected(
            name: "compose-v1-start-failed", phases: [.starting, .failed], progress: [50], health: .failed,
            services: ["shopbad_db_1: started, healthy", "shopbad_web_1: error, failed"],
            message: "failed: ERROR: for web  Cannot start service web: failed to create shim task:"),
        Expected(
            name: "compose-v1-unhealthy", phases: [.starting, .failed], health: .degraded,
            services: ["shopsick_db_1: started, healthy"],
            message: "failed: ERROR: for web  Container \"0ae030d93ced\" is unhealthy."),
        Expected(
            name: "compose-v1-up", phases: [.starting, .completed], progress: [50, 99, 100], health: .healthy,
            services: ["shop_db_1: started, healthy", "shop_web_1: started, healthy"],
            message: "completed: 2 of 2 services healthy"),
        Expected(
            name: "docker-build-classic", phases: [.preparing, .building, .completed], progress: [0, 25, 50, 75, 100],
            health: .unknown,
            message: "completed"),
        Expected(
            name: "docker-build-classic-failed", phases: [.preparing, .building, .failed], progress: [0, 33, 66],
            health: .failed,
            message: "failed: The command '/bin/sh -c sh -c 'echo \"main.c:3: error: expected ;\" >&2;"),
        Expected(
            name: "docker-pull", phases: [.pulling, .completed], progress: [100], health: .unknown,
            message: "completed"),
        Expected(
            name: "docker-pull-failed", phases: [.preparing, .failed], health: .failed,
            message: "failed: Error response from daemon: manifest unknown"),
        Expected(
            name: "docker-run", phases: [.preparing, .completed], progress: [100], health: .unknown,
            message: "completed"),
        Expected(
            name: "docker-run-failed", phases: [.preparing, .failed], health: .failed,
            message: "failed: docker: Error response from daemon: Conflict. The container name \"/web\""),
        Expected(
            name: "kubectl", phases: [.preparing, .starting, .verifying, .completed], progress: [33, 66, 100],
            health: .healthy,
            services: ["web: rolled out, healthy"],
            message: "completed: 1 of 1 services healthy"),
        Expected(
            name: "kubectl-again", phases: [.preparing, .starting, .completed], progress: [100], health: .unknown,
            services: ["web: configured, unknown"],
            message: "completed"),
        Expected(
            name: "kubectl-missing", phases: [.preparing, .failed], health: .failed,
            message: "failed: Error from server (NotFound): deployments.apps \"api\" not found"),
        Expected(
            name: "kubectl-refused", phases: [.preparing, .failed], health: .failed,
            message: "failed: error: error validating \"web.yaml\": error validating data: failed to"),
        Expected(
            name: "kubectl-stuck", phases: [.preparing, .starting, .verifying, .failed], progress: [33],
            health: .failed,
            services: ["web: failed, failed"],
            message: "failed: error: deployment \"web\" exceeded its progress deadline"),
        Expected(
            name: "kubectl-timeout", phases: [.verifying, .failed], progress: [33], health: .failed,
            services: ["web: 1 of 3 replicas, degraded"],
            message: "failed: error: timed out waiting for the condition"),
        Expected(
            name: "npm", phases: [.preparing, .building, .completed], progress: [100], health: .unknown,
            message: "completed"),
        Expected(
            name: "npm-failed", phases: [.preparing, .failed], health: .failed,
            message: "failed: npm error FetchError: request to http://127.0.0.1:1/express failed,"),
        Expected(
            name: "npm-run-failed", phases: [.preparing, .building, .failed], health: .failed,
            message: "failed: exit code 3"),
        Expected(
            name: "pip", phases: [.preparing, .pulling, .building, .completed], progress: [100], health: .unknown,
            message: "completed"),
        Expected(
            name: "pip-failed", phases: [.preparing, .failed], health: .failed,
            message: "failed: ERROR: No matching distribution found for six==99"),
        Expected(
            name: "systemctl-enable", phases: [.preparing, .failed], health: .failed,
            message: "failed: Failed to enable unit, unit nope.service does not exist."),
        Expected(
            name: "systemctl-restart", phases: [.preparing, .failed], health: .failed,
            message: "failed: Failed to connect to bus: Host is down"),
    ]
}
