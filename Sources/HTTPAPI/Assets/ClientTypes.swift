// Made by Scripts/build-console from Sources/Console.
extension Assets {
    static let clientTypes = #"""
        /** The gateway has refused a call, or could not be reached: then `status` is 0 and `code` is `network`. */
        declare class SluiceError extends Error {
            readonly status: number;
            readonly code: string;
            readonly field?: string | undefined;
            /** Milliseconds, where the gateway said when to come back. */
            readonly retryAfter?: number | undefined;
            constructor(message: string, status: number, code: string, field?: string | undefined,
            /** Milliseconds, where the gateway said when to come back. */
            retryAfter?: number | undefined);
            /** Whether the same call may succeed later. */
            get isTemporary(): boolean;
        }
        interface Agent {
            agent_id: string;
            hostname: string;
            version: string;
            connected: boolean;
            /** Null while it is away */
            connected_since: string | null;
            last_seen: string | null;
            /** IP address and port of its connection, or of the last one */
            address: string;
            labels: Record<string, string>;
            /** What it can stream, and which tasks it allows */
            capabilities: string[];
            streams_active: number;
            tasks_running: number;
            health: 'healthy' | 'degraded' | 'critical' | 'unknown' | 'offline';
        }
        interface Alert {
            alert_id: string;
            rule: string;
            /** "*": the fleet */
            agent_id: string;
            level: 'info' | 'warning' | 'critical';
            state: 'pending' | 'firing' | 'resolved';
            source: 'metrics_analysis' | 'health_check' | 'logs' | 'system_events' | 'gateway_events';
            metric: string | null;
            value: number | null;
            threshold: number | null;
            message: string;
            started_at: string | null;
            updated_at: string | null;
            resolved_at: string | null;
            acknowledged_by: string | null;
            silence_id: string | null;
            labels: Record<string, string>;
            /** Processes that have to do with it */
            culprits: {
                pid: number;
                name: string;
                /** Percent */
                cpu_percent: number | null;
                memory_bytes: number | null;
                container: string | null;
            }[];
        }
        interface AlertCollection {
            agent_id: string;
            alerts: Alert[];
            /** Seconds since 1970 */
            timestamp: number;
            source: 'metrics_analysis' | 'health_check' | 'logs' | 'system_events' | 'gateway_events';
        }
        interface Container {
            id: string;
            name: string;
            image: string;
            /** running, exited... */
            state: string;
            /** For people: Up 3 hours */
            status: string | null;
            health: string | null;
            created_at: string | null;
            /** Percent */
            cpu_percent: number | null;
            memory_bytes: number | null;
            memory_limit_bytes: number | null;
            ports: string[];
        }
        interface ContainerLog {
            container_id: string | null;
            container_name: string | null;
            stream: 'stdout' | 'stderr';
            line: string;
            seq: number | null;
            /** Seconds since 1970 */
            container_timestamp: number | null;
        }
        interface DeploymentCompletion {
            deployment_id: string;
            success: boolean;
            /** Seconds */
            duration: number;
            summary: string;
            exit_code: number | null;
        }
        interface DeploymentStatus {
            deployment_id: string;
            status: 'pending' | 'preparing' | 'pulling' | 'building' | 'starting' | 'verifying' | 'completed' | 'failed';
            phase: 'pending' | 'preparing' | 'pulling' | 'building' | 'starting' | 'verifying' | 'completed' | 'failed';
            progress: number | null;
            message: string;
            services: {
                name: string;
                state: string;
                health: 'unknown' | 'healthy' | 'degraded' | 'failed';
            }[];
            health: 'unknown' | 'healthy' | 'degraded' | 'failed';
            /** The line that was printed */
            raw_output?: string;
            /** Seconds since 1970 */
            timestamp: number;
        }
        interface EnrichedLog {
            original: LogEvent;
            structured: {
                /** json, logfmt, syslog_rfc5424... */
                format: string;
                fields: Record<string, unknown>;
                template_id: string;
                template: string;
            };
            threats: {
                rule: string;
                title: string;
                severity: 'low' | 'medium' | 'high' | 'critical';
                evidence: string;
                source_ip?: string;
            }[];
            severity: 'low' | 'medium' | 'high' | 'critical';
            /** security, error, performance... */
            category: string;
            actionable: boolean;
        }
        interface History {
            agent_id: string;
            /** Length of the stretch that a point stands for */
            resolution_seconds: number;
            /** Seconds since 1970 */
            query_start_timestamp: number;
            /** Seconds since 1970 */
            query_end_timestamp: number;
            total_points: number;
            /** The oldest of it is not kept in this resolution any more */
            truncated: boolean;
            data_points: HistoryPoint[];
        }
        interface HistoryPoint {
            /** Seconds since 1970 */
            timestamp: number;
            /** Averages by key: cpu.usage_percent */
            values: Record<string, number>;
            min: Record<string, number>;
            max: Record<string, number>;
        }
        interface LogEvent {
            timestamp: string | null;
            level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
            component: string;
            message: string;
            agent_id: string;
            /** The file, or journal */
            source: string;
            attributes: Record<string, unknown>;
        }
        interface MetricsData {
            /** Seconds since 1970 */
            timestamp: number | null;
            cpu?: {
                /** Of all cores together */
                usage_percent?: number | null;
                /** Percent, core 0 first */
                core_usage?: number[];
                /** Percent */
                user_percent?: number | null;
                /** Percent */
                system_percent?: number | null;
                /** Percent */
                idle_percent?: number | null;
                /** Percent */
                iowait_percent?: number | null;
                /** The hottest core or package */
                temperature_celsius?: number | null;
            } | null;
            memory?: {
                total_bytes?: number | null;
                used_bytes?: number | null;
                available_bytes?: number | null;
                free_bytes?: number | null;
                cached_bytes?: number | null;
                buffers_bytes?: number | null;
                /** Percent */
                usage_percent?: number | null;
                /** 0: no swap is set up */
                swap_total_bytes?: number | null;
                swap_used_bytes?: number | null;
                swap_free_bytes?: number | null;
                /** Percent */
                swap_usage_percent?: number | null;
            } | null;
            disks?: {
                device?: string | null;
                mount_point?: string | null;
                filesystem?: string | null;
                total_bytes?: number | null;
                used_bytes?: number | null;
                /** To users other than root */
                available_bytes?: number | null;
                /** Of used and available, as df has it */
                usage_percent?: number | null;
                read_bytes_per_sec?: number | null;
                write_bytes_per_sec?: number | null;
                read_ops_per_sec?: number | null;
                write_ops_per_sec?: number | null;
                /** Of the time, the device had work */
                io_util_percent?: number | null;
            }[];
            network_interfaces?: {
                interface?: string | null;
                bytes_sent_per_sec?: number | null;
                bytes_recv_per_sec?: number | null;
                packets_sent_per_sec?: number | null;
                packets_recv_per_sec?: number | null;
                /** Since the interface came up */
                errors_in?: number | null;
                errors_out?: number | null;
                drops_in?: number | null;
                drops_out?: number | null;
            }[];
            processes?: {
                total_processes?: number | null;
                running_processes?: number | null;
                sleeping_processes?: number | null;
                zombie_processes?: number | null;
                /** The busiest */
                top?: {
                    pid: number | null;
                    name: string | null;
                    /** Of all cores together */
                    cpu_percent: number | null;
                    /** Resident */
                    memory_bytes: number | null;
                    threads: number | null;
                }[];
                /** What tasks run now */
                task_processes?: {
                    task_id: string | null;
                    /** Of the leader of the task's process group */
                    pid: number | null;
                    /** Of all cores together */
                    cpu_percent: number | null;
                    /** Resident */
                    memory_bytes: number | null;
                    virtual_memory_bytes: number | null;
                    threads: number | null;
                    /** From storage, since the start */
                    read_bytes: number | null;
                    write_bytes: number | null;
                }[];
            } | null;
            load?: {
                load1?: number | null;
                load5?: number | null;
                load15?: number | null;
            } | null;
        }
        interface ProcessedMetrics {
            raw: MetricsData;
            enriched: {
                /** What is usual, by metric */
                baseline: Record<string, {
                    expected: number | null;
                    low: number | null;
                    high: number | null;
                }>;
                anomalies: {
                    metric: string;
                    value: number;
                    expected: number;
                    score: number;
                }[];
                trends: Record<string, Trend>;
                predicted_issues: {
                    resource: string;
                    risk: number;
                    eta_seconds: number | null;
                    confidence: number;
                    message: string;
                }[];
                top_processes: {
                    pid: number;
                    name: string;
                    /** Percent */
                    cpu_percent: number | null;
                    memory_bytes: number | null;
                }[];
                risk: {
                    risk: number;
                    risk_level: 'low' | 'medium' | 'high';
                    /** 72h; null: nothing is being used up */
                    estimated_capacity_remaining: string | null;
                    /** memory, disk:/var... */
                    limiting_resource: string | null;
                };
            };
            alerts: Alert[];
            recommendations: {
                id: string;
                severity: 'info' | 'warning' | 'critical';
                title: string;
                action: string;
                because: string;
            }[];
            trends: Record<string, Trend>;
        }
        interface Session {
            session_id: string;
            /** Where the events of its subscriptions are; a secret */
            events_url: string;
            expires_at: string | null;
        }
        interface Subscription {
            subscription_id: string;
            /** Where its events are; a secret */
            stream_url: string;
            stream_type: 'shell_output' | 'docker_output' | 'container_logs' | 'metrics' | 'processed_metrics' | 'alert_events' | 'processed_logs' | 'deployment_status';
            agent_id: string;
            resource: string;
            /** As applied: what this type uses */
            config: {
                /** How often: 100ms to 1h, with its unit (ms, s, m, h), or in seconds */
                interval?: string;
                /** Parts of the metrics (cpu), or values (cpu.usage_percent); empty: all */
                filters?: string[];
                /** Events kept for a client that is slow */
                buffer_size?: number;
                /** The last known value first; usually true for metrics */
                snapshot?: boolean;
                /** Of processed_metrics */
                include_trends?: boolean;
                /** Only alerts of these levels; empty: all */
                alert_levels?: ('info' | 'warning' | 'critical')[];
                /** Of deployment_status: also what was printed */
                include_raw_output?: boolean;
                /** Of deployment_status: only changes of status, progress, services or health */
                status_updates_only?: boolean;
                /** Only lines of these levels; empty: all */
                levels?: ('TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL')[];
                /** Only lines with these words in them */
                query?: string | null;
                /** First what is stored from so long ago */
                since?: string | null;
                /** Every line, not only those that matter */
                all?: boolean;
                /** So many lines of a container's past */
                tail?: number;
                /** The agent need not be known yet */
                wait_for_agent?: boolean;
            };
            /** What its events carry as view */
            view: string;
            status: 'pending' | 'active' | 'disconnected' | 'ended';
            agent_connected: boolean;
            session_id: string | null;
            created_at: string | null;
            /** Null while a connection is open */
            expires_at: string | null;
            delivered?: number;
            dropped?: number;
            /** Replaced by a newer one before they were sent */
            conflated?: number;
            queued?: number;
            /** For how many seconds the client has taken nothing */
            lag?: number | null;
        }
        interface SystemEvent {
            /** Seconds since 1970 */
            timestamp: number;
            agent_id: string;
            /** unit_failed, oom_kill, reboot... */
            kind: string;
            severity: 'info' | 'warning' | 'critical';
            unit: string | null;
            message: string;
            attributes: Record<string, string>;
        }
        interface SystemInfo {
            hardware: {
                cpu: {
                    model: string | null;
                    cores: number | null;
                    threads: number | null;
                    base_frequency_ghz: number | null;
                    max_frequency_ghz: number | null;
                    features: string[];
                } | null;
                memory: {
                    total_bytes: number | null;
                    available_bytes: number | null;
                    memory_type: string | null;
                    speed_mhz: number | null;
                } | null;
                disks: {
                    device: string | null;
                    mount_point: string | null;
                    filesystem: string | null;
                    total_bytes: number | null;
                    available_bytes: number | null;
                    /** ssd, hdd or virtual */
                    disk_type: string | null;
                }[];
                architecture: string | null;
                core_count: number | null;
                thread_count: number | null;
            } | null;
            software: {
                os: {
                    name: string | null;
                    version: string | null;
                    kernel_version: string | null;
                    distribution: string | null;
                } | null;
                hostname: string | null;
                uptime_seconds: number | null;
                packages: {
                    name: string | null;
                    version: string | null;
                    package_manager: string | null;
                }[];
            } | null;
            network_interfaces: {
                name: string | null;
                mac_address: string | null;
                ip_addresses: string[];
                speed_mbps: number | null;
                is_up: boolean | null;
            }[];
            /** Seconds since 1970 */
            timestamp: number | null;
        }
        interface Task {
            task_id: string;
            agent_id: string;
            status: 'created' | 'sent' | 'in_progress' | 'completed' | 'failed' | 'timeout' | 'cancelled';
            created_at: string | null;
            /** What to subscribe to, to see what it prints */
            stream_type: 'shell_output' | 'docker_output' | 'container_logs' | 'metrics' | 'health_check' | 'system_events' | 'log_aggregation' | 'processed_metrics' | 'alert_events' | 'processed_logs' | 'deployment_status' | 'gateway_events';
            /** The same */
            resource: string;
            operation: 'shell' | 'docker' | 'deployment' | 'system_refresh';
            cmd: string;
            deployment_id: string | null;
            /** Why it failed: agent_lost, spawn_failed... */
            reason: string | null;
            cancel_requested: boolean;
            /** Seconds */
            timeout: number;
            updated_at: string | null;
            started_at: string | null;
            finished_at: string | null;
            /** Seconds */
            duration: number | null;
            exit_code: number | null;
            line_count: number;
            byte_count: number;
        }
        interface TaskOutput {
            task_id: string;
            stream: 'stdout' | 'stderr' | 'status';
            line: string;
            /** Lines of the task from 1 */
            seq: number;
            /** The line goes on in the next event */
            truncated: boolean;
            is_final: boolean;
            /** Where it is final; likewise status */
            exit_code?: number | null;
            status?: 'created' | 'sent' | 'in_progress' | 'completed' | 'failed' | 'timeout' | 'cancelled';
        }
        interface Trend {
            direction: 'rising' | 'falling' | 'flat';
            slope_per_hour: number;
            window_seconds: number;
            confidence: number;
        }
        declare type CpuMetrics = NonNullable<MetricsData['cpu']>;
        declare type MemoryMetrics = NonNullable<MetricsData['memory']>;
        declare type DiskMetrics = NonNullable<MetricsData['disks']>[number];
        declare type NetworkMetrics = NonNullable<MetricsData['network_interfaces']>[number];
        declare type ProcessesMetrics = NonNullable<MetricsData['processes']>;
        declare type LoadMetrics = NonNullable<MetricsData['load']>;
        declare type MetricsHistory = History;
        declare type AlertLevel = Alert['level'];
        /** `GET /metrics/agents`. */
        interface AgentsOverview {
            agents: Record<string, {
                agent_id: string;
                connected: boolean;
                last_seen: string | null;
                last_update: string | null;
                streaming_active: boolean;
                has_system_info: boolean;
                has_metrics: boolean;
            }>;
        }
        /** What each kind of event carries as `data`. */
        interface EventData {
            metrics: MetricsData;
            shell_output: TaskOutput;
            docker_output: TaskOutput;
            container_logs: ContainerLog;
            processed_metrics: ProcessedMetrics;
            alert_events: AlertCollection;
            processed_logs: EnrichedLog;
            deployment_status: DeploymentStatus;
            deployment_complete: DeploymentCompletion;
        }
        declare type EventKind = keyof EventData;
        declare const eventKinds: readonly EventKind[];
        declare type StreamType = Exclude<EventKind, 'deployment_complete'>;
        /** One event as it was sent. */
        interface Envelope<Data> {
            type: string;
            stream_type: StreamType;
            agent_id: string;
            resource: string;
            view: string;
            timestamp: string;
            data: Data;
            metadata: Record<string, unknown>;
        }
        /** Events are missing here: how many, or null where nobody can say. */
        interface Gap {
            missed: number | null;
            from?: number;
            to?: number;
            subscription_id?: string;
        }
        /** The stream is over, and nothing comes any more. */
        interface StreamEnd {
            reason: string;
            exit_code?: number | null;
            subscription_id?: string;
        }
        interface StreamConfig {
            /** `500ms`, `5s`, `2m`, `1h`, or seconds. */
            interval?: string | number;
            filters?: string[];
            metrics?: string[];
            buffer_size?: number;
            snapshot?: boolean;
            include_trends?: boolean;
            alert_levels?: AlertLevel[];
            include_raw_output?: boolean;
            status_updates_only?: boolean;
            levels?: LogEvent['level'][];
            query?: string | null;
            since?: string | number | null;
            all?: boolean;
            tail?: number;
            wait_for_agent?: boolean;
        }
        interface SubscriptionRequest {
            stream_type: StreamType;
            /** May be `*`, every agent, for metrics, processed metrics, alerts and logs. */
            agent_id?: string;
            /** The task, container or deployment, where the stream is about one. */
            resource?: string;
            config?: StreamConfig;
        }
        /** The answer to `POST /subscriptions`. */
        declare type SubscriptionInfo = Subscription;
        interface ParsedEvent {
            type: string;
            data: string;
            lastEventId: string;
        }
        interface EventStreamHandlers {
            event(event: ParsedEvent): void;
            /** How long to wait before a reconnect, in milliseconds. */
            retry?(milliseconds: number): void;
        }
        declare class EventStreamParser {
            private readonly handlers;
            /** The id that a reconnect continues after: of the last event that was complete. */
            lastEventId: string;
            private idBuffer;
            private type;
            private data;
            private line;
            private isAtStart;
            private ignoresLineFeed;
            constructor(handlers: EventStreamHandlers, lastEventId?: string);
            /** An event whose empty line has not come is never told: to end a stream, stop pushing. */
            push(text: string): void;
            private takeLine;
            private dispatch;
        }
        /** What the library needs of an EventSource, native or not. */
        interface EventSourceLike {
            readonly readyState: number;
            addEventListener(type: string, listener: (event: any) => void): void;
            close(): void;
        }
        declare type EventSourceConstructor = new (url: string) => EventSourceLike;
        declare const CONNECTING = 0;
        declare const OPEN = 1;
        declare const CLOSED = 2;
        /** EventSource over `fetch`, for where there is none: it reconnects, continues by `Last-Event-ID`, and gives up for the
         *  same answers. Other than a browser's it notices a connection that is dead without having ended. */
        declare class FetchEventSource extends EventTarget implements EventSourceLike {
            readonly url: string;
            private readonly fetcher;
            readyState: number;
            private retry;
            private failures;
            private lastEventId;
            private timer;
            private watchdog;
            private abort;
            constructor(url: string, fetcher?: typeof fetch);
            close(): void;
            private connect;
            private read;
            private open;
            private fail;
            private reconnect;
            private watch;
        }
        interface EventSourceOptions {
            /** Only the envelope's `data`, as the routes of before the subscriptions sent it. */
            bare?: boolean;
        }
        declare type Handler = ((this: EventSource, event: any) => any) | null;
        /** Looks like an EventSource and gets its events from a subscription, so it takes no connection of its own. */
        declare class SubscriptionEventSource extends EventTarget {
            private readonly options;
            private readonly closed;
            readonly CONNECTING = 0;
            readonly OPEN = 1;
            readonly CLOSED = 2;
            readonly withCredentials = false;
            url: string;
            readyState: number;
            onopen: Handler;
            onmessage: Handler;
            onerror: Handler;
            constructor(options: EventSourceOptions, closed: () => void);
            /** As what it is handed out. EventTarget's types know no MessageEvent, so the compiler cannot see that it is one. */
            get face(): EventSource;
            close(): void;
        }
        /** Where a subscription stands. `connecting`: being made; `waiting_for_agent`, `active`, `agent_lost`, `draining`,
         *  `unsupported`, `overloaded` and others: as the gateway says; `reconnecting`: the connection has broken and is made
         *  anew; `paused`; `ended`: nothing comes any more. */
        declare type SubscriptionState = 'connecting' | 'waiting_for_agent' | 'active' | 'agent_lost' | 'draining' | 'unsupported' | 'overloaded' | 'reconnecting' | 'paused' | 'ended' | (string & {});
        interface Status {
            state: SubscriptionState;
            /** Why, where the agent or the gateway says so. */
            message?: string;
        }
        /** What `on` takes, and what its callback is given. */
        declare type SubscriptionEvents = {
            [Kind in keyof EventData]: Envelope<EventData[Kind]>;
        } & {
            status: Status;
            gap: Gap;
            stream_end: StreamEnd;
        };
        declare type Listener<Value> = (value: Value) => void;
        /** One subscription. What comes before the first listener is added waits for it. */
        declare class StreamSubscription {
            readonly request: SubscriptionRequest;
            private readonly controls;
            /** The gateway's id; another one after the gateway has forgotten the first. Empty before there is one. */
            id: string;
            /** The configuration in force. */
            config: StreamConfig;
            /** Set with the state `ended`. */
            end: StreamEnd | null;
            state: SubscriptionState;
            private readonly listeners;
            private readonly queues;
            private readonly sources;
            private held;
            private heldTooMany;
            private lastSeq;
            on<Kind extends keyof SubscriptionEvents>(event: Kind, listener: Listener<SubscriptionEvents[Kind]>): this;
            once<Kind extends keyof SubscriptionEvents>(event: Kind, listener: Listener<SubscriptionEvents[Kind]>): this;
            off<Kind extends keyof SubscriptionEvents>(event: Kind, listener: Listener<SubscriptionEvents[Kind]>): this;
            /** The events of the stream, until it ends. A loop that is slower than the stream loses the oldest: see `gap`. */
            [Symbol.asyncIterator](): AsyncIterableIterator<Envelope<any>>;
            /** The same events for code that was written for an EventSource. Closing it unsubscribes. */
            getEventSource(options?: EventSourceOptions): EventSource;
            /** Ends it; resolved when the gateway has, or cannot be reached. */
            unsubscribe(): Promise<void>;
            /** Gets nothing until `resume`; a stream that nobody else reads stops at its agent. */
            pause(): void;
            /** Goes on with what is new, and with the output of a task where it was. */
            resume(): void;
            private hold;
            /** In the next turn: whoever adds the first listener adds the others in this one. */
            private release;
            private emit;
        }
        interface StreamingClientOptions {
            /** A bearer token, where the gateway asks for one. */
            token?: string;
            fetch?: typeof fetch;
            /** Used for the connection; without one, and without a global one, events are read with `fetch`. */
            EventSource?: EventSourceConstructor;
            /** Tabs of one browser share one connection (true); false: this page has its own. */
            sharesTabs?: boolean;
        }
        interface SubscribeOptions {
            /** Pauses while the page is hidden. */
            pausesWhenHidden?: boolean;
        }
        interface MetricsSubscriptionOptions {
            /** `5s` unless told. */
            interval?: string;
            /** Parts (`cpu`) or values (`cpu.usage_percent`); all unless told. */
            metrics?: string[];
            /** Events that the gateway keeps for a slow reader; 100 unless told. */
            bufferSize?: number;
        }
        /** A subscription that is being made: a promise of it that can be read as an EventSource at once. */
        declare type PendingSubscription = Promise<StreamSubscription> & {
            getEventSource(options?: EventSourceOptions): EventSource;
        };
        /** Subscribes to streams of a gateway. However many subscriptions there are, they take one connection. */
        declare class StreamingClient {
            readonly baseURL: string;
            private readonly exchange;
            private readonly hidden;
            constructor(baseURL: string, options?: StreamingClientOptions);
            /** Rejected with a `SluiceError` where the gateway refuses, or cannot be reached. */
            subscribe(request: SubscriptionRequest, options?: SubscribeOptions): PendingSubscription;
            subscribeToMetrics(agentId: string, options?: MetricsSubscriptionOptions): PendingSubscription;
            /** Ends its subscriptions when no other client of the page shares its connection. */
            close(): Promise<void>;
            private pauseWhenHidden;
            private readonly visibilityChanged;
        }
        interface MetricsHistoryQuery {
            /** Parts (`cpu`) or values (`cpu.usage_percent`). */
            metrics: string[];
            /** Seconds since 1970. */
            startTime: number;
            endTime: number;
            maxPoints?: number;
        }
        /** The metrics of agents: live, as they are now, and as they were. */
        declare class MetricsClient {
            private readonly streamingClient;
            constructor(baseURL: string, options?: StreamingClientOptions);
            /** Events `metrics` whose data are the metrics alone, as JSON.
             *  @deprecated Use `subscribeToMetrics`. */
            streamMetrics(agentId: string, interval?: number): EventSource;
            subscribeToMetrics(agentId: string, options?: MetricsSubscriptionOptions): Promise<StreamSubscription>;
            getAllAgents(): Promise<AgentsOverview>;
            getSystemInfo(agentId: string): Promise<SystemInfo>;
            /** Has the agent read its system information anew. */
            refreshSystemInfo(agentId: string): Promise<{
                task_id: string;
                status: string;
            }>;
            getCurrentMetrics(agentId: string): Promise<MetricsData>;
            getHistoricalMetrics(agentId: string, query: MetricsHistoryQuery): Promise<MetricsHistory>;
            /** Keeps the metrics of an agent running without a listener. */
            startMetricsStreaming(agentId: string, options?: {
                interval_seconds?: number;
                metrics?: string[];
            }): Promise<{
                message: string;
                agent_id: string;
                stream_id: string;
                interval_seconds: number;
                metrics: string[];
            }>;
            stopMetricsStreaming(agentId: string): Promise<{
                message: string;
                agent_id: string;
            }>;
        }
        declare type Value = number | null | undefined;
        /** Metrics as text. */
        declare class MetricsFormatter {
            static formatBytes(bytes: Value): string;
            static formatPercentage(percent: Value): string;
            static formatUptime(seconds: Value): string;
            static formatLoadAverage(load: Value): string;
            /** @param timestamp Seconds since 1970. */
            static formatTimestamp(timestamp: Value): string;
            static formatNetworkSpeed(bytesPerSecond: Value): string;
            static formatDiskIO(bytesPerSecond: Value): string;
            static formatCpuCores(coreUsage: number[] | undefined): string;
            static formatMemoryDetails(memory: MemoryMetrics): string;
            static formatDiskDetails(disk: DiskMetrics): string;
        }
        export { SluiceError, CpuMetrics, MemoryMetrics, DiskMetrics, NetworkMetrics, ProcessesMetrics, LoadMetrics, MetricsHistory, AlertLevel, AgentsOverview, EventData, EventKind, eventKinds, StreamType, Envelope, Gap, StreamEnd, StreamConfig, SubscriptionRequest, SubscriptionInfo, Agent, Alert, AlertCollection, Container, ContainerLog, DeploymentCompletion, DeploymentStatus, EnrichedLog, History, HistoryPoint, LogEvent, MetricsData, ProcessedMetrics, Session, Subscription, SystemEvent, SystemInfo, Task, TaskOutput, Trend, EventStreamParser, EventStreamHandlers, ParsedEvent, FetchEventSource, EventSourceConstructor, EventSourceLike, StreamSubscription, Listener, Status, SubscriptionEvents, SubscriptionState, EventSourceOptions, StreamingClient, MetricsSubscriptionOptions, PendingSubscription, StreamingClientOptions, SubscribeOptions, MetricsClient, MetricsHistoryQuery, MetricsFormatter };

        """#
}
