import AgentLink
import Broker
import Fanout
import Glibc
import HTTPAPI
import Hub
package import Logging
import Model
import Options
import Pipeline
import Reactor
import Service
import Storage
package import Webhooks

/// The running gateway: the parts, wired together. Contains no logic of its own.
package final class Server: Sendable {
    /// Where it listens, with the ports that the kernel chose where 0 was asked for.
    package let httpAddress: String
    package let agentAddress: String

    /// Delivers alerts; nil when no webhook is configured.
    package let webhooks: WebhookDispatcher?

    private let hub: Hub
    private let store: Store
    private let tokens: TokenDirectory
    private let coreLoop: EventLoop
    private let pipeline: Pipeline
    private let clientLoops: [ClientLoopParts]
    /// What SIGHUP reads anew, beside the log level.
    private let reloadables: [any Reloadable]
    private let log: Logger

    /// One loop that serves clients.
    private struct ClientLoopParts: Sendable {
        let loop: EventLoop
        let seat: ClientSeat
        var http: HTTPServer
    }

    private init(
        hub: Hub, store: Store, tokens: TokenDirectory, coreLoop: EventLoop, pipeline: Pipeline,
        clientLoops: [ClientLoopParts], webhooks: WebhookDispatcher?, reloadables: [any Reloadable], log: Logger,
        httpAddress: String, agentAddress: String
    ) {
        self.reloadables = reloadables
        self.log = log
        self.webhooks = webhooks
        self.hub = hub
        self.store = store
        self.tokens = tokens
        self.coreLoop = coreLoop
        self.pipeline = pipeline
        self.clientLoops = clientLoops
        self.httpAddress = httpAddress
        self.agentAddress = agentAddress
    }

    // MARK: - Starting

    /// Opens the store, takes over what it holds, binds both ports. When it returns, both accept.
    package static func start(_ configuration: Configuration, log: Logger) async throws -> Server {
        let webTokens = try configuration.webTokens.map(WebTokenReload.init)
        let store = try open(configuration, log)
        let tokens = try await TokenDirectory(store: store) { Secrets.sha256($0) }
        let credentials = Credentials(directory: tokens, webTokens: webTokens?.verifier)
        try refuseStrangers(configuration, credentials)

        let coreLoop = try EventLoop(name: "core")
        var seats: [(loop: EventLoop, seat: ClientSeat)] = []
        let hubBox = HubBox()
        for index in 0..<configuration.clientLoops {
            let loop = try EventLoop(name: "clients-\(index)")
            let seat = try await loop.run {
                ClientSeat(
                    loop: loop, configuration: FanoutConfiguration(configuration), reader: store.outputReader,
                    gone: { hubBox.hub?.connectionGone($0, $1, completed: $2) },
                    ended: { hubBox.hub?.taskRead($0, $1, $2) },
                    askProgress: { hubBox.hub?.tellProgress(of: $1, to: $0) })
            }
            seats.append((loop, seat))
        }
        let ports = seats.map { ClientPort(loop: $0.loop, hubLoop: coreLoop, seat: $0.seat) }
        let webhooks = try await WebhookDispatcher.restored(configuration, store, log)
        let pipeline = try await makePipeline(store, webhooks, log)
        let hub = Hub(
            loop: coreLoop, settings: HubSettings(configuration, webhooks), store: store,
            credentials: credentials, pipeline: pipeline, ports: ports, log: log)
        hubBox.hub = hub
        await hub.restore(try await Hub.Legacy.read(store))
        await pipeline.start(hub)
        tokens.observe { hub.tokensChanged($0) }
        tokens.start()

        let (servers, httpPort) = try await listen(configuration, hub, seats.map(\.loop), log)
        let agentPort: UInt16
        do {
            agentPort = try await listenForAgents(configuration, hub)
        } catch {
            await close(servers, seats.map(\.loop))
            throw error
        }
        await hub.becomeReady()
        return Server(
            hub: hub, store: store, tokens: tokens, coreLoop: coreLoop, pipeline: pipeline,
            clientLoops: zip(seats, servers).map { ClientLoopParts(loop: $0.loop, seat: $0.seat, http: $1) },
            webhooks: webhooks, reloadables: [webTokens].compactMap(\.self) + configuration.certificates, log: log,
            httpAddress: Endpoint(host: configuration.httpBind.host, port: httpPort).description,
            agentAddress: Endpoint(host: configuration.agentBind.host, port: agentPort).description)
    }

    private static func open(_ configuration: Configuration, _ log: Logger) throws(StartError) -> Store {
        var settings = StoreSettings(directory: configuration.dataDirectory)
        settings.taskLifetime = configuration.taskLifetime
        settings.output.retention = configuration.taskRetention
        settings.logs.retention = configuration.logRetention
        settings.logs.maximumBytes = configuration.logSize
        do {
            return try Store.open(settings, log: log)
        } catch {
            throw .store("\(error)")
        }
    }

    /// On a loop of its own, with what the store knows of alerts and health.
    private static func makePipeline(
        _ store: Store, _ webhooks: WebhookDispatcher?, _ log: Logger
    ) async throws -> Pipeline {
        let inherited = PipelineInheritance(
            rules: try await store.alertRules(), alerts: try await store.activeAlerts(),
            silences: try await store.silences(), health: try await store.metrics.lastHealth())
        return Pipeline(
            loop: try EventLoop(name: "processing"), store: store, settings: PipelineSettings(), inherited: inherited,
            log: log, tellOutside: { webhooks?.submit($0) })
    }

    /// Without tokens only this host may connect.
    private static func refuseStrangers(
        _ configuration: Configuration, _ credentials: Credentials
    ) throws(StartError) {
        guard !credentials.areAsked else { return }
        if !configuration.httpBind.isLoopback {
            throw .openWithoutTokens(option: "--http-bind", configuration.httpBind)
        }
        if !configuration.agentBind.isLoopback {
            throw .openWithoutTokens(option: "--agent-bind", configuration.agentBind)
        }
    }

    private static func listen(
        _ configuration: Configuration, _ hub: Hub, _ loops: [EventLoop], _ log: Logger
    ) async throws -> ([HTTPServer], UInt16) {
        var api = APIConfiguration(version: sluiceVersion)
        api.corsOrigins = configuration.corsOrigins
        api.isSecure = configuration.httpTLS != nil
        api.pathPrefix = configuration.pathPrefix
        api.isMetricsPublic = configuration.isMetricsPublic
        let router = Router(service: hub, configuration: api, log: log)
        var limits = HTTPLimits()
        let descriptors = DescriptorLimit.raise()
        let greetings = DescriptorLimit.greetings(loops: loops.count, descriptors: descriptors)
        let allGreetings = configuration.httpTLS == nil ? nil : greetings * loops.count
        limits.connections = affordable(configuration.maxConnections, descriptors, greetings: allGreetings, log)
        limits.connectionsPerAddress = configuration.maxConnectionsPerIP
        let allowance = ConnectionAllowance(limits)
        var servers: [HTTPServer] = []
        var endpoint = configuration.httpBind
        for (index, loop) in loops.enumerated() {
            let address = endpoint
            let settings = limits
            let tls = configuration.httpTLS
            do {
                let (server, port) = try await loop.run {
                    let server = try HTTPServer(
                        loop: loop, limits: settings, sharing: allowance, router: router,
                        opener: StreamGate(hub: hub, port: index)
                    ) { error in
                        log.error(
                            "HTTP connections cannot be accepted; they wait",
                            metadata: ["error": "\(String(cString: strerror(error)))"])
                    }
                    if let tls { server.use(tls, maxGreetings: greetings) }
                    do {
                        let port = try server.listen(
                            host: address.host, port: address.port, sharingPort: loops.count > 1)
                        return (server, port)
                    } catch {
                        server.close()
                        throw error
                    }
                }
                servers.append(server)
                endpoint.port = port
            } catch let error as ReactorError {
                await close(servers, loops)
                throw StartError.cannotBind(configuration.httpBind, reason: error.description)
            }
        }
        return (servers, endpoint.port)
    }

    /// Of a start that has failed.
    private static func close(_ servers: [HTTPServer], _ loops: [EventLoop]) async {
        for (server, loop) in zip(servers, loops) { _ = try? await loop.run { server.close() } }
    }

    /// A connection that is refused in words is better than one that the kernel has no descriptor for.
    /// - Parameter greetings: of all loops; nil without TLS.
    private static func affordable(_ wanted: Int, _ descriptors: Int, greetings: Int?, _ log: Logger) -> Int {
        let connections = DescriptorLimit.connections(
            wanted: wanted, each: greetings == nil ? 1 : HTTPServer.descriptorsOverTLS, others: greetings ?? 0,
            descriptors: descriptors)
        if connections < wanted {
            log.warning(
                "fewer connections than --max-connections: the process may not open enough descriptors",
                metadata: ["connections": "\(connections)", "wanted": "\(wanted)", "descriptors": "\(descriptors)"])
        }
        return connections
    }

    private static func listenForAgents(_ configuration: Configuration, _ hub: Hub) async throws -> UInt16 {
        var settings = AgentLinkSettings(gatewayVersion: sluiceVersion)
        settings.heartbeat = configuration.agentHeartbeat
        settings.tls = configuration.agentTLS
        do {
            return try await hub.listen(
                host: configuration.agentBind.host, port: configuration.agentBind.port, settings: settings)
        } catch {
            throw StartError.cannotBind(configuration.agentBind, reason: error.description)
        }
    }

    // MARK: - Running

    /// SIGHUP: reads the files anew that can change while it runs. Blocks. Says in the log what became of it.
    package func reload() {
        for reloadable in reloadables { reloadable.reload(log: log) }
    }

    // MARK: - Stopping

    /// Takes nothing new, tells clients and agents to come back later, and saves.
    package func stop() async {
        for part in clientLoops { _ = try? await part.loop.run { part.http.stopAccepting() } }
        await hub.drain()
        async let delivered: Void? = webhooks?.close(within: 2_000)
        await waitForFarewells()
        for part in clientLoops {
            part.seat.close()
            _ = try? await part.loop.run { part.http.close() }
        }
        await pipeline.stop()
        pipeline.loop.stop()
        pipeline.loop.join()
        await delivered
        await store.flush()
        tokens.stop()
        await store.close()
        for part in clientLoops {
            part.loop.stop()
            part.loop.join()
        }
        coreLoop.stop()
        coreLoop.join()
    }

    /// Clients get their last bytes; those that do not take them within half a second are cut off.
    private func waitForFarewells() async {
        for _ in 0..<50 {
            var open: UInt64 = 0
            for part in clientLoops {
                open += await part.seat.statistics()?.clients ?? 0
                open += (try? await part.loop.run { part.http.connections.partingOverTLS }) ?? 0
            }
            if open == 0 { break }
            try? await Task.sleep(for: .milliseconds(10))
        }
        // The agents' farewells leave with the loop's next pass.
        try? await Task.sleep(for: .milliseconds(20))
    }
}

/// Breaks the circle between the client loops, which report to the hub, and the hub, which is made from them.
///
/// @unchecked Sendable because it is set once, before anything can call.
private final class HubBox: @unchecked Sendable {
    // unowned because the server keeps the hub until the client loops, which call, have ended
    unowned var hub: Hub?
}

extension Endpoint {
    /// 127.0.0.0/8, ::1, localhost.
    fileprivate var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

extension FanoutConfiguration {
    fileprivate init(_ configuration: Configuration) {
        self.init()
        heartbeat = .milliseconds(configuration.sseHeartbeat)
        stallTimeout = .milliseconds(configuration.stallTimeout)
        // A peer that does not even acknowledge is gone within two heartbeats.
        userTimeout = .milliseconds(2 * configuration.sseHeartbeat)
    }
}

extension HubSettings {
    fileprivate init(_ configuration: Configuration, _ webhooks: WebhookDispatcher?) {
        self.init(gatewayVersion: sluiceVersion)
        writeFurtherMetrics = { (webhooks?.counters ?? WebhookCounters()).write(to: &$0) }
        maxClientBytes = configuration.maxClientBytes
        returnTime = 4 * configuration.agentHeartbeat
        broker.linger = configuration.linger
        broker.subscriptionTTL = configuration.subscriptionTTL
        broker.resumeWindow = configuration.resumeWindow
        broker.maxSubscriptionsPerToken = configuration.maxSubscriptionsPerToken
        for (type, interval) in configuration.recording {
            var config = StreamConfig.defaults(for: type)
            config.interval = interval
            broker.standing.append(.init(type, kind: .recording, config: config))
        }
    }
}
