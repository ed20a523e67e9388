import Diagnostics
import Options

/// The options of `sluice serve`. Each is also an environment variable and a key of the YAML file.
enum ServeOptions {
    private static let seconds = 1_000
    private static let hour = 3_600_000

    static let httpBind = Option<Endpoint>.endpoint(
        "http-bind", default: "127.0.0.1:8080", help: "Where browsers and API clients connect")
    static let agentBind = Option<Endpoint>.endpoint(
        "agent-bind", default: "127.0.0.1:9090", help: "Where agents connect")
    static let tlsCertificate = Option<String?>.string(
        "tls-cert", placeholder: "FILE", help: "Certificate for HTTPS, with those up to its CA (PEM); then HTTP is TLS")
    static let tlsKey = Option<String?>.string(
        "tls-key", placeholder: "FILE", help: "Its private key (PEM)")
    static let agentTLSCertificate = Option<String?>.string(
        "agent-tls-cert", placeholder: "FILE",
        help: "Speak TLS with agents; this gateway's certificate and those between it and its CA (PEM)")
    static let agentTLSKey = Option<String?>.string(
        "agent-tls-key", placeholder: "FILE", help: "Private key of --agent-tls-cert (PEM, without a passphrase)")
    static let agentClientAuthorities = Option<String?>.string(
        "agent-client-ca", placeholder: "FILE",
        help: "Demand a certificate of each agent, signed by one of these CAs (PEM)")
    static let dataDirectory = Option<String>.string(
        "data-dir", default: "./sluice-data", placeholder: "DIR", help: "Database and task output")
    static let loops = Option<Int?>.integer(
        "loops", in: 1...256, help: "Threads that serve HTTP clients (default: all cores but one)")

    static let linger = Option<Int>.duration(
        "linger", default: "2s", in: 0...hour, help: "How long a stream goes on after its last listener has left")
    static let agentHeartbeat = Option<Int>.duration(
        "agent-heartbeat", default: "10s", in: 100...hour,
        help: "How often gateway and agents say that they are there; silent for three is lost")
    static let recording = Option<[String: String]>.pairs(
        "recording", placeholder: "metrics=60s", help: "Keep a stream running on every agent for its history")

    static let sseHeartbeat = Option<Int>.duration(
        "sse-heartbeat", default: "15s", in: 1 * seconds...hour, help: "Comment on a silent event stream after so long")
    static let subscriptionTTL = Option<Int>.duration(
        "subscription-ttl", default: "60s", in: 1 * seconds...24 * hour,
        help: "A subscription that nobody opens expires after so long")
    static let resumeWindow = Option<Int>.duration(
        "resume-window", default: "60s", in: 1 * seconds...24 * hour,
        help: "A subscription whose connection ended can be taken up again for so long")
    static let stallTimeout = Option<Int>.duration(
        "stall-timeout", default: "30s", in: 1 * seconds...hour,
        help: "A client that takes nothing for so long is closed")
    static let maxClientBytes = Option<Int>.byteSize(
        "max-client-bytes", default: "1MiB", in: 65_536...1 << 30, help: "Backlog of one slow client")

    static let taskRetention = Option<Int>.byteSize(
        "task-retention", default: "64MiB", in: 1 << 20...1 << 40, help: "Output of one task that is kept on disk")
    static let taskLifetime = Option<Int>.duration(
        "task-lifetime", default: "24h", in: 60 * seconds...366 * 24 * hour,
        help: "How long a finished task and its output are kept")
    static let logRetention = Option<Int>.duration(
        "log-retention", default: "7d", in: 1 * hour...366 * 24 * hour,
        help: "How long log lines and system events are kept")
    static let logSize = Option<Int>.byteSize(
        "log-size", default: "10GiB", in: 16 << 20...1 << 50,
        help: "Disk that log lines and system events may take; beyond it the oldest go")
    static let drainTimeout = Option<Int>.duration(
        "drain-timeout", default: "10s", in: 0...hour, help: "Longest time between SIGTERM and the exit")

    static let maxConnections = Option<Int>.integer(
        "max-connections", default: 19_500, in: 1...1_000_000, help: "HTTP connections at a time")
    static let maxConnectionsPerIP = Option<Int>.integer(
        "max-connections-per-ip", default: 1_000, in: 1...1_000_000,
        help: "HTTP connections of one address at a time; loopback is exempt")
    static let maxSubscriptionsPerToken = Option<Int>.integer(
        "max-subscriptions-per-token", default: 50_000, in: 1...10_000_000, help: "Subscriptions of one token at a time"
    )
    static let corsOrigins = Option<[String]>.list(
        "cors-origin", placeholder: "ORIGIN", help: "Origin whose pages may use the API (repeatable, or * for all)")
    static let metricsPublic = Option<Bool>.boolean(
        "metrics-public", help: "Serve /metrics without a token")

    static let pathPrefix = Option<String>.string(
        "path-prefix", default: "/", placeholder: "/PATH",
        help: "Path that the gateway is below, behind a proxy that serves others too")

    static let jwksFile = Option<String?>.string(
        "jwks-file", placeholder: "FILE", help: "JSON Web Key Set: tokens that one of its keys has signed are taken")
    static let jwtSecretFile = Option<String?>.string(
        "jwt-secret-file", placeholder: "FILE", help: "File with the secret of tokens that are signed with HS256")
    static let jwtIssuer = Option<String?>.string(
        "jwt-issuer", placeholder: "ISSUER", help: "JSON Web Tokens have to be from there (iss)")
    static let jwtAudience = Option<String?>.string(
        "jwt-audience", placeholder: "AUDIENCE", help: "JSON Web Tokens have to be for this (aud)")

    static let webhookURLs = Option<[String]>.list(
        "webhook-url", placeholder: "URL", help: "Where alerts are delivered to, as Alertmanager would (repeatable)")
    static let webhookSecretFile = Option<String?>.string(
        "webhook-secret-file", placeholder: "FILE", help: "File with the secret that signs what webhooks get")

    static let logLevel = Option<String>.choice(
        "log-level", of: ["trace", "debug", "info", "notice", "warning", "error"], default: "info",
        help: "Least severe messages that are logged")
    static let logFormat = Option<String?>.choice(
        "log-format", of: LogFormat.allCases.map(\.rawValue), help: "Default: text on a terminal, JSON lines otherwise")

    /// All of them, as `serve`, `demo` and `check-config` take them.
    static let groups = [
        OptionGroup("Addresses and data", [httpBind, agentBind, dataDirectory, loops]),
        OptionGroup("TLS", [tlsCertificate, tlsKey, agentTLSCertificate, agentTLSKey, agentClientAuthorities]),
        OptionGroup("Streams", [linger, agentHeartbeat, recording, taskRetention, taskLifetime]),
        OptionGroup("Logs", [logRetention, logSize]),
        OptionGroup("Clients", [sseHeartbeat, subscriptionTTL, resumeWindow, stallTimeout, maxClientBytes]),
        OptionGroup("Limits", [maxConnections, maxConnectionsPerIP, maxSubscriptionsPerToken]),
        OptionGroup("HTTP", [pathPrefix, corsOrigins, metricsPublic]),
        OptionGroup("JSON Web Tokens", [jwksFile, jwtSecretFile, jwtIssuer, jwtAudience]),
        OptionGroup("Webhooks", [webhookURLs, webhookSecretFile]),
        OptionGroup("Operation", [drainTimeout, logLevel, logFormat]),
    ]
}
