import AgentLink
import Broker
import Model
import Payloads
import Pipeline
import Wire

/// One agent, connected or not. Confined to the hub.
final class Agent {
    var record: AgentRecord
    /// Its own, and not 0, while the gateway runs.
    let number: UInt64
    private(set) var connection: AgentConnection?
    private(set) var hello: AgentHello?
    /// How many it has had in this life of the gateway: the number of the present one.
    private(set) var connections: UInt64 = 0
    /// Those before the last, in case the last turn out to be malformed.
    var earlierMetrics: TimedBlob?
    var connectedSince: WallTime?
    /// The token that it came with.
    var token: TokenName?
    /// That token was bought with an enrolment token, and the agent has not been heard since.
    var isEnrolling = false
    /// Values that the store has not got yet.
    var needsSave = false
    var health: HealthSummary?
    /// Where its reliable streams stand.
    var ledgers: [StreamType: StreamLedger] = [:]
    /// When it was last asked to send something again.
    var askedAgainAt: MonotonicTime?
    /// Alerts about it that fire and are not silenced.
    var firing: [Alert] = []
    /// When other connections took over, lately.
    var replacements: [MonotonicTime] = []
    /// Its streams by the short names that it uses for them, as far as it has sent anything.
    var flows: [UInt32: StreamFlow] = [:]

    init(_ record: AgentRecord, number: Int) {
        self.record = record
        self.number = UInt64(number)
    }

    var id: AgentID { record.id }
    var isConnected: Bool { connection != nil }

    func connect(_ connection: AgentConnection, _ hello: AgentHello, at time: WallTime) {
        self.connection = connection
        self.hello = hello
        connections += 1
        connectedSince = time
        health = nil
        record.hostname = hello.hostname
        record.version = hello.version
        record.address = connection.peer
        record.labels = hello.labels
        record.capabilities = hello.capabilities
        record.lastSeen = time
    }

    func disconnect() {
        connection = nil
        connectedSince = nil
        health = nil
    }

    func allows(_ kind: String) -> Bool { record.capabilities.contains(kind) }

    // MARK: - Telling it

    /// - Parameter lastLine: of a stream of lines, the number of the last that has come.
    func send(_ state: DesiredState, lastLine: (StreamKey) -> UInt64?) {
        connection?.send { arena in
            .desiredStreams(
                arena.make {
                    wireSet(&$0.has_generation, &$0.generation, state.generation)
                    $0.n_streams = state.streams.count
                    $0.streams = arena.makeList(count: state.streams.count) { index, wire in
                        let stream = state.streams[index]
                        wire.fill(stream, self.ledgers[stream.key.type], lastLine(stream.key), arena)
                    }
                })
        }
    }

    func sendTask(_ task: TaskRecord) {
        connection?.send { arena in
            .taskRequest(
                arena.make {
                    $0.task_id = arena.copy(task.id.text)
                    wireSet(&$0.has_timeout_ms, &$0.timeout_ms, UInt32(clamping: task.timeout))
                    $0.task = arena.work(of: task)
                })
        }
    }

    func cancel(_ task: TaskID) {
        connection?.send { arena in .taskCancel(arena.make { $0.task_id = arena.copy(task.text) }) }
    }

    func acknowledge(_ task: TaskID, upTo seq: UInt64, isFinal: Bool) {
        connection?.send { arena in
            .ack(
                arena.make {
                    $0.task_id = arena.copy(task.text)
                    wireSet(&$0.has_up_to_seq, &$0.up_to_seq, seq)
                    wireSet(&$0.has_is_final, &$0.is_final, flag: isFinal)
                })
        }
    }
}

extension WireArena {
    fileprivate func work(of task: TaskRecord) -> WireTask {
        switch task.operation {
        case .deployment: deployment(task)
        case .docker: docker(task)
        case .shell, .systemRefresh: shell(task)
        }
    }

    private func docker(_ task: TaskRecord) -> WireTask {
        let operation = DockerOperation(text: task.command)
        let environment = (operation?.environment ?? [:]).sorted { $0.key < $1.key }
        return .dockerOperation(
            make {
                $0.operation = copy(operation?.kind.rawValue)
                $0.image = copy(operation?.image)
                $0.container = copy(operation?.container)
                $0.n_args = operation?.arguments.count ?? 0
                $0.args = copy(operation?.arguments ?? [])
                $0.n_env = environment.count
                $0.env = makeList(count: environment.count) { index, variable in
                    variable.name = copy(environment[index].key)
                    variable.value = copy(environment[index].value)
                }
            })
    }

    private func shell(_ task: TaskRecord) -> WireTask {
        .shellExecute(
            make {
                $0.has_cmd = 1
                $0.cmd = copyBytes(task.command)
            })
    }

    private func deployment(_ task: TaskRecord) -> WireTask {
        let steps = DeploymentSteps.steps(from: task.command)
        return .deployment(
            make {
                $0.deployment_id = copy(task.deploymentID)
                $0.n_steps = steps.count
                $0.steps = makeList(count: steps.count) { index, step in
                    step.name = copy(steps[index].name)
                    step.has_cmd = 1
                    step.cmd = copyBytes(steps[index].command)
                    if let timeout = steps[index].timeout {
                        wireSet(&step.has_timeout_ms, &step.timeout_ms, UInt32(clamping: timeout))
                    }
                }
            })
    }
}

extension Agent {
    func acknowledge(stream ref: UInt32, upTo seq: UInt64) {
        connection?.send { arena in
            .ack(
                arena.make {
                    wireSet(&$0.has_stream_ref, &$0.stream_ref, ref)
                    wireSet(&$0.has_up_to_seq, &$0.up_to_seq, seq)
                })
        }
    }

    func askToResend(stream ref: UInt32, from seq: UInt64) {
        connection?.send { arena in
            .resend(
                arena.make {
                    wireSet(&$0.has_stream_ref, &$0.stream_ref, ref)
                    wireSet(&$0.has_from_seq, &$0.from_seq, seq)
                })
        }
    }
}

extension WireDesiredStream {
    fileprivate mutating func fill(
        _ stream: DesiredStream, _ ledger: StreamLedger?, _ lastLine: UInt64?, _ arena: WireArena
    ) {
        wireSet(&has_stream_ref, &stream_ref, stream.ref)
        stream_type = arena.copy(stream.key.type.rawValue)
        if !stream.key.resource.isEmpty { resource = arena.copy(stream.key.resource) }
        let interval = UInt32(clamping: stream.config.interval)
        switch stream.key.type {
        case .metrics:
            config = .metricsRequest(
                arena.make {
                    wireSet(&$0.has_interval_ms, &$0.interval_ms, interval)
                    $0.n_metrics = stream.config.filters.count
                    $0.metrics = arena.copy(stream.config.filters)
                })
        case .healthCheck:
            config = .healthCheckRequest(
                arena.make {
                    wireSet(&$0.has_interval_ms, &$0.interval_ms, interval)
                    wireSet(&$0.has_include_metrics, &$0.include_metrics, flag: true)
                    wireSet(&$0.has_include_services, &$0.include_services, flag: true)
                })
        case .containerLogs:
            config = .logRequest(
                arena.make {
                    wireSet(&$0.has_interval_ms, &$0.interval_ms, interval)
                    wireSet(&$0.has_tail, &$0.tail, UInt32(clamping: stream.config.tail))
                    wireSet(&$0.has_after_seq, &$0.after_seq, lastLine.flatMap { $0 > 0 ? $0 : nil })
                })
        case .logAggregation:
            config = .logRequest(
                arena.make {
                    wireSet(&$0.has_interval_ms, &$0.interval_ms, interval)
                    wireSet(&$0.has_after_seq, &$0.after_seq, ledger?.stored)
                    wireSet(&$0.has_origin, &$0.origin, ledger?.origin)
                })
        default:
            config = .eventRequest(
                arena.make {
                    wireSet(&$0.has_after_seq, &$0.after_seq, ledger?.stored)
                    wireSet(&$0.has_origin, &$0.origin, ledger?.origin)
                })
        }
    }
}

/// The last health check in brief. The bounds are those of the default alert rules.
struct HealthSummary {
    var isDegraded: Bool

    init(_ check: WireHealthCheck) {
        let cpu = wireValue(check.has_cpu_usage_percent, check.cpu_usage_percent) ?? 0
        let memory = wireValue(check.has_memory_usage_percent, check.memory_usage_percent) ?? 0
        let disk = wireValue(check.has_disk_usage_percent, check.disk_usage_percent) ?? 0
        isDegraded =
            cpu > 90 || memory > 95 || disk > 95 || check.n_failed_units > 0
            || check.n_unhealthy_containers > 0
    }
}
