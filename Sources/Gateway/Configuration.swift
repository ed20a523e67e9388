package import HTTPAPI
package import Model
package import Options
package import Reactor
package import Webhooks

/// Everything that can be set, as values. `ServeOptions` says how each is called and what it may be.
package struct Configuration: Sendable {
    package var httpBind = Endpoint(host: "127.0.0.1", port: 8080)
    package var agentBind = Endpoint(host: "127.0.0.1", port: 9090)
    /// Nil: agents speak plain TCP.
    package var agentTLS: TLSContext?
    /// Nil: HTTP in the clear.
    package var httpTLS: TLSContext?
    package var dataDirectory = "./sluice-data"
    /// Loops that serve HTTP clients, beside the one that serves agents.
    package var clientLoops = 1
    package var linger: Milliseconds = 2_000
    package var sseHeartbeat: Milliseconds = 15_000
    package var agentHeartbeat: Milliseconds = 10_000
    package var subscriptionTTL: Milliseconds = 60_000
    package var resumeWindow: Milliseconds = 60_000
    package var stallTimeout: Milliseconds = 30_000
    package var maxClientBytes = 1 << 20
    package var taskRetention = 64 << 20
    package var taskLifetime: Milliseconds = 24 * 3_600_000
    package var logRetention: Milliseconds = 7 * 24 * 3_600_000
    package var logSize = 10 << 30
    package var drainTimeout: Milliseconds = 10_000
    package var maxConnections = 19_500
    package var maxConnectionsPerIP = 1_000
    package var maxSubscriptionsPerToken = 50_000
    package var pathPrefix = PathPrefix.none
    package var corsOrigins: [String] = []
    package var isMetricsPublic = false
    package var webhookURLs: [WebhookURL] = []
    /// Signs what webhooks get; nil: nothing does.
    package var webhookSecret: [UInt8]?
    /// Keys of JSON Web Tokens; nil: none are taken.
    package var webTokens: WebTokenFiles?
    /// Streams that are kept running for their history, with their intervals.
    package var recording: [StreamType: Milliseconds] = [:]

    package init() {}

    /// Reads an invocation of `sluice serve`, `demo` or `check-config`.
    package init(_ invocation: Invocation) throws(OptionError) {
        httpBind = invocation[ServeOptions.httpBind]
        agentBind = invocation[ServeOptions.agentBind]
        agentTLS = try Self.agentTLS(invocation)
        httpTLS = try Self.httpTLS(invocation)
        dataDirectory = invocation[ServeOptions.dataDirectory]
        clientLoops = invocation[ServeOptions.loops] ?? Processors.clientLoops
        linger = invocation[ServeOptions.linger]
        sseHeartbeat = invocation[ServeOptions.sseHeartbeat]
        agentHeartbeat = invocation[ServeOptions.agentHeartbeat]
        subscriptionTTL = invocation[ServeOptions.subscriptionTTL]
        resumeWindow = invocation[ServeOptions.resumeWindow]
        stallTimeout = invocation[ServeOptions.stallTimeout]
        maxClientBytes = invocation[ServeOptions.maxClientBytes]
        taskRetention = invocation[ServeOptions.taskRetention]
        taskLifetime = invocation[ServeOptions.taskLifetime]
        logRetention = invocation[ServeOptions.logRetention]
        logSize = invocation[ServeOptions.logSize]
        drainTimeout = invocation[ServeOptions.drainTimeout]
        maxConnections = invocation[ServeOptions.maxConnections]
        maxConnectionsPerIP = invocation[ServeOptions.maxConnectionsPerIP]
        maxSubscriptionsPerToken = invocation[ServeOptions.maxSubscriptionsPerToken]
        pathPrefix = try Self.pathPrefix(invocation)
        corsOrigins = try Self.corsOrigins(invocation)
        isMetricsPublic = invocation[ServeOptions.metricsPublic]
        recording = try Self.recording(invocation)
        webhookURLs = try Self.webhookURLs(invocation)
        webhookSecret = try Self.webhookSecret(invocation)
        webTokens = try Self.webTokens(invocation)
    }

    private static func pathPrefix(_ invocation: Invocation) throws(OptionError) -> PathPrefix {
        guard let prefix = PathPrefix(invocation[ServeOptions.pathPrefix]) else {
            throw invocation.problem(
                with: ServeOptions.pathPrefix, expected: "a path like /sluice, of letters, digits and -._~")
        }
        return prefix
    }

    /// As browsers name them (RFC 6454, section 6.2): other texts would match no page, and nobody would be told why.
    private static func corsOrigins(_ invocation: Invocation) throws(OptionError) -> [String] {
        let origins = invocation[ServeOptions.corsOrigins]
        guard origins.allSatisfy({ $0 == "*" || isOrigin($0) }) else {
            throw invocation.problem(
                with: ServeOptions.corsOrigins, expected: "origins like https://app.example.com:8443, or *")
        }
        return origins
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let host = text.dropFirst(scheme.count)
        return !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/?#@".utf8.contains($0) }
    }

    private static func recording(_ invocation: Invocation) throws(OptionError) -> [StreamType: Milliseconds] {
        var recording: [StreamType: Milliseconds] = [:]
        for (name, text) in invocation[ServeOptions.recording] {
            guard name == StreamType.metrics.rawValue, let interval = ValueKind.duration(text),
                StreamConfig.intervalRange.contains(interval)
            else {
                throw invocation.problem(
                    with: ServeOptions.recording, expected: "metrics=INTERVAL with an interval from 100ms to 1h")
            }
            recording[.metrics] = interval
        }
        return recording
    }
}
