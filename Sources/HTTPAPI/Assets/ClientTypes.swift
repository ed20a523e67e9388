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
        interface CpuMetrics {
            usage_percent: number | null;
            core_usage: number[];
            user_percent: number | null;
            system_percent: number | null;
            idle_percent: number | null;
            iowait_percent: number | null;
            temperature_celsius: number | null;
        }
        interface MemoryMetrics {
            total_bytes: number | null;
            used_bytes: number | null;
            available_bytes: number | null;
            free_bytes: number | null;
            cached_bytes: number | null;
            buffers_bytes: number | null;
            usage_percent: number | null;
            swap_total_bytes: number | null;
            swap_used_bytes: number | null;
            swap_free_bytes: number | null;
            swap_usage_percent: number | null;
        }
        interface DiskMetrics {
            device: string;
            mount_point: string;
            filesystem: string;
            total_bytes: number | null;
            used_bytes: number | null;
            available_bytes: number | null;
            usage_percent: number | null;
            read_bytes_per_sec: number | null;
            write_bytes_per_sec: number | null;
            read_ops_per_sec: number | null;
            write_ops_per_sec: number | null;
            io_util_percent: number | null;
        }
        interface NetworkMetrics {
            interface: string;
            bytes_sent_per_sec: number | null;
            bytes_recv_per_sec: number | null;
            packets_sent_per_sec: number | null;
            packets_recv_per_sec: number | null;
            errors_in: number | null;
            errors_out: number | null;
            drops_in: number | null;
            drops_out: number | null;
        }
        interface ProcessMetrics {
            pid: number;
            name: string;
            cpu_percent: number | null;
            memory_bytes: number | null;
            threads: number | null;
        }
        interface TaskProcessMetrics {
            task_id: string;
            pid: number;
            cpu_percent: number | null;
            memory_bytes: number | null;
            virtual_memory_bytes: number | null;
            threads: number | null;
            read_bytes: number | null;
            write_bytes: number | null;
        }
        interface ProcessesMetrics {
            total_processes: number | null;
            running_processes: number | null;
            sleeping_processes: number | null;
            zombie_processes: number | null;
            top: ProcessMetrics[];
            task_processes: TaskProcessMetrics[];
        }
        interface LoadMetrics {
            load1: number | null;
            load5: number | null;
            load15: number | null;
        }
        /** `metrics`, and `GET /agents/{id}/metrics`. */
        interface MetricsData {
            timestamp: number;
            cpu?: CpuMetrics;
            memory?: MemoryMetrics;
            disks?: DiskMetrics[];
            network_interfaces?: NetworkMetrics[];
            processes?: ProcessesMetrics;
            load?: LoadMetrics;
        }
        /** `GET /agents/{id}/system`. */
        interface SystemInfo {
            hardware?: {
                cpu: {
                    model: string;
                    cores: number | null;
                    threads: number | null;
                    base_frequency_ghz: number | null;
                    max_frequency_ghz: number | null;
                    features: string[];
                };
                memory: {
                    total_bytes: number | null;
                    available_bytes: number | null;
                    memory_type: string | null;
                    speed_mhz: number | null;
                };
                disks: {
                    device: string;
                    mount_point: string;
                    filesystem: string;
                    total_bytes: number | null;
                    available_bytes: number | null;
                    disk_type: string | null;
                }[];
                architecture: string;
                core_count: number | null;
                thread_count: number | null;
            };
            software?: {
                os: {
                    name: string;
                    version: string;
                    kernel_version: string;
                    distribution: string;
                };
                hostname: string;
                uptime_seconds: number | null;
                packages: {
                    name: string;
                    version: string;
                    package_manager: string;
                }[];
            };
            network_interfaces?: {
                name: string;
                mac_address: string;
                ip_addresses: string[];
                speed_mbps: number | null;
                is_up: boolean;
            }[];
            timestamp: number;
        }
        /** `GET /agents/{id}/metrics/history`. */
        interface MetricsHistory {
            agent_id: string;
            resolution_seconds: number;
            query_start_timestamp: number;
            query_end_timestamp: number;
            total_points: number;
            truncated: boolean;
            data_points: {
                timestamp: number;
                values: Record<string, number | null>;
                min: Record<string, number | null>;
                max: Record<string, number | null>;
            }[];
        }
        /** `shell_output` and `docker_output`. The final one has an empty line, `exit_code` and `status`. */
        interface TaskOutput {
            task_id: string;
            stream: 'stdout' | 'stderr' | 'status';
            line: string;
            seq: number;
            truncated: boolean;
            is_final: boolean;
            exit_code?: number | null;
            status?: string;
        }
        /** `container_logs`. */
        interface ContainerLog {
            container_id: string;
            container_name: string;
            stream: 'stdout' | 'stderr';
            line: string;
            seq: number;
            container_timestamp: string | null;
        }
        interface LogEvent {
            timestamp: string;
            level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
            component: string;
            message: string;
            agent_id: string;
            source: string;
            attributes: Record<string, string>;
        }
        declare type AlertLevel = 'info' | 'warning' | 'critical';
        declare type AlertSource = 'metrics_analysis' | 'health_check' | 'logs' | 'system_events' | 'gateway_events';
        interface Alert {
            alert_id: string;
            rule: string;
            agent_id: string;
            level: AlertLevel;
            state: 'pending' | 'firing' | 'resolved';
            source: AlertSource;
            metric: string | null;
            value: number | null;
            threshold: number | null;
            message: string;
            started_at: string;
            updated_at: string;
            resolved_at: string | null;
            acknowledged_by: string | null;
            silence_id: string | null;
            labels: Record<string, string>;
            culprits: {
                pid: number;
                name: string;
                cpu_percent: number | null;
                memory_bytes: number | null;
                container: string | null;
            }[];
        }
        /** `alert_events`. */
        interface AlertCollection {
            agent_id: string;
            alerts: Alert[];
            timestamp: number;
            source: AlertSource;
        }
        interface Trend {
            direction: 'rising' | 'falling' | 'flat';
            slope_per_hour: number;
            window_seconds: number;
            confidence: number;
        }
        interface PredictedIssue {
            resource: string;
            risk: number;
            eta_seconds: number | null;
            confidence: number;
            message: string;
        }
        interface Recommendation {
            id: string;
            severity: string;
            title: string;
            action: string;
            because: string;
        }
        /** `processed_metrics`. */
        interface ProcessedMetrics {
            raw: MetricsData;
            enriched: {
                baseline: Record<string, {
                    expected: number;
                    low: number;
                    high: number;
                }>;
                anomalies: {
                    metric: string;
                    value: number;
                    expected: number;
                    score: number;
                }[];
                trends: Record<string, Trend>;
                predicted_issues: PredictedIssue[];
                top_processes: Omit<ProcessMetrics, 'threads'>[];
                risk: {
                    risk: number | null;
                    risk_level: 'low' | 'medium' | 'high';
                    estimated_capacity_remaining: string | null;
                    limiting_resource: string | null;
                };
            };
            alerts: Alert[];
            recommendations: Recommendation[];
            trends: Record<string, Trend>;
        }
        /** `processed_logs`. */
        interface EnrichedLog {
            original: LogEvent;
            structured: {
                format: string;
                fields: Record<string, string>;
                template_id: string;
                template: string;
            };
            threats: {
                rule: string;
                title: string;
                severity: string;
                evidence: string;
                source_ip?: string;
            }[];
            severity: 'low' | 'medium' | 'high' | 'critical';
            category: string;
            actionable: boolean;
        }
        interface DeployedService {
            name: string;
            state: string;
            health: string;
        }
        /** `deployment_status`. */
        interface DeploymentStatus {
            deployment_id: string;
            status: 'pending' | 'preparing' | 'pulling' | 'building' | 'starting' | 'verifying' | 'completed' | 'failed';
            phase: string;
            progress: number | null;
            message: string;
            raw_output?: string;
            timestamp: number;
            services: DeployedService[];
            health: 'unknown' | 'healthy' | 'degraded' | 'failed';
        }
        /** `deployment_complete`. */
        interface DeploymentCompletion {
            deployment_id: string;
            success: boolean;
            duration: number;
            summary: string;
            exit_code: number | null;
        }
        /** `GET /agents` and `GET /agents/{id}`. */
        interface Agent {
            agent_id: string;
            hostname: string;
            version: string;
            connected: boolean;
            connected_since: string | null;
            last_seen: string;
            address: string | null;
            labels: Record<string, string>;
            capabilities: string[];
            streams_active: number;
            tasks_running: number;
            health: 'healthy' | 'degraded' | 'critical' | 'unknown' | 'offline';
        }
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
            query?: string;
            since?: string | number;
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
        interface SubscriptionInfo {
            subscription_id: string;
            stream_url: string;
            stream_type: StreamType;
            agent_id: string | null;
            resource: string;
            config: StreamConfig;
            view: string;
            status: string;
            agent_connected: boolean;
            session_id: string | null;
            created_at: string;
            expires_at: string | null;
        }
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
        export { SluiceError, CpuMetrics, MemoryMetrics, DiskMetrics, NetworkMetrics, ProcessMetrics, TaskProcessMetrics, ProcessesMetrics, LoadMetrics, MetricsData, SystemInfo, MetricsHistory, TaskOutput, ContainerLog, LogEvent, AlertLevel, AlertSource, Alert, AlertCollection, Trend, PredictedIssue, Recommendation, ProcessedMetrics, EnrichedLog, DeployedService, DeploymentStatus, DeploymentCompletion, Agent, AgentsOverview, EventData, EventKind, eventKinds, StreamType, Envelope, Gap, StreamEnd, StreamConfig, SubscriptionRequest, SubscriptionInfo, EventStreamParser, EventStreamHandlers, ParsedEvent, FetchEventSource, EventSourceConstructor, EventSourceLike, StreamSubscription, Listener, Status, SubscriptionEvents, SubscriptionState, EventSourceOptions, StreamingClient, MetricsSubscriptionOptions, PendingSubscription, StreamingClientOptions, SubscribeOptions, MetricsClient, MetricsHistoryQuery, MetricsFormatter };

        """#
}
