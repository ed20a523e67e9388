// What the gateway sends: the `data` of each event and the bodies of the routes that are read. Units are in the names,
// percentages are 0 to 100, `timestamp` inside a payload is seconds since 1970. A value that a host does not have is
// null; a part that the filters of a subscription leave out is absent.

export interface CpuMetrics {
  usage_percent: number | null;
  core_usage: number[];
  user_percent: number | null;
  system_percent: number | null;
  idle_percent: number | null;
  iowait_percent: number | null;
  temperature_celsius: number | null;
}

export interface MemoryMetrics {
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

export interface DiskMetrics {
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

export interface NetworkMetrics {
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

export interface ProcessMetrics {
  pid: number;
  name: string;
  cpu_percent: number | null;
  memory_bytes: number | null;
  threads: number | null;
}

export interface TaskProcessMetrics {
  task_id: string;
  pid: number;
  cpu_percent: number | null;
  memory_bytes: number | null;
  virtual_memory_bytes: number | null;
  threads: number | null;
  read_bytes: number | null;
  write_bytes: number | null;
}

export interface ProcessesMetrics {
  total_processes: number | null;
  running_processes: number | null;
  sleeping_processes: number | null;
  zombie_processes: number | null;
  top: ProcessMetrics[];
  task_processes: TaskProcessMetrics[];
}

export interface LoadMetrics {
  load1: number | null;
  load5: number | null;
  load15: number | null;
}

/** `metrics`, and `GET /agents/{id}/metrics`. */
export interface MetricsData {
  timestamp: number;
  cpu?: CpuMetrics;
  memory?: MemoryMetrics;
  disks?: DiskMetrics[];
  network_interfaces?: NetworkMetrics[];
  processes?: ProcessesMetrics;
  load?: LoadMetrics;
}

/** `GET /agents/{id}/system`. */
export interface SystemInfo {
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
    os: { name: string; version: string; kernel_version: string; distribution: string };
    hostname: string;
    uptime_seconds: number | null;
    packages: { name: string; version: string; package_manager: string }[];
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
export interface MetricsHistory {
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
export interface TaskOutput {
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
export interface ContainerLog {
  container_id: string;
  container_name: string;
  stream: 'stdout' | 'stderr';
  line: string;
  seq: number;
  container_timestamp: string | null;
}

export interface LogEvent {
  timestamp: string;
  level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
  component: string;
  message: string;
  agent_id: string;
  source: string;
  attributes: Record<string, string>;
}

export type AlertLevel = 'info' | 'warning' | 'critical';

export type AlertSource = 'metrics_analysis' | 'health_check' | 'logs' | 'system_events' | 'gateway_events';

export interface Alert {
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
export interface AlertCollection {
  agent_id: string;
  alerts: Alert[];
  timestamp: number;
  source: AlertSource;
}

export interface Trend {
  direction: 'rising' | 'falling' | 'flat';
  slope_per_hour: number;
  window_seconds: number;
  confidence: number;
}

export interface PredictedIssue {
  resource: string;
  risk: number;
  eta_seconds: number | null;
  confidence: number;
  message: string;
}

export interface Recommendation {
  id: string;
  severity: string;
  title: string;
  action: string;
  because: string;
}

/** `processed_metrics`. */
export interface ProcessedMetrics {
  raw: MetricsData;
  enriched: {
    baseline: Record<string, { expected: number; low: number; high: number }>;
    anomalies: { metric: string; value: number; expected: number; score: number }[];
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
export interface EnrichedLog {
  original: LogEvent;
  structured: { format: string; fields: Record<string, string>; template_id: string; template: string };
  threats: { rule: string; title: string; severity: string; evidence: string; source_ip?: string }[];
  severity: 'low' | 'medium' | 'high' | 'critical';
  category: string;
  actionable: boolean;
}

export interface DeployedService {
  name: string;
  state: string;
  health: string;
}

/** `deployment_status`. */
export interface DeploymentStatus {
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
export interface DeploymentCompletion {
  deployment_id: string;
  success: boolean;
  duration: number;
  summary: string;
  exit_code: number | null;
}

/** `GET /agents` and `GET /agents/{id}`. */
export interface Agent {
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
export interface AgentsOverview {
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
export interface EventData {
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

export type EventKind = keyof EventData;

export const eventKinds: readonly EventKind[] = [
  'metrics', 'shell_output', 'docker_output', 'container_logs', 'processed_metrics', 'alert_events', 'processed_logs',
  'deployment_status', 'deployment_complete',
];

export type StreamType = Exclude<EventKind, 'deployment_complete'>;

/** One event as it was sent. */
export interface Envelope<Data> {
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
export interface Gap {
  missed: number | null;
  from?: number;
  to?: number;
  subscription_id?: string;
}

/** The stream is over, and nothing comes any more. */
export interface StreamEnd {
  reason: string;
  exit_code?: number | null;
  subscription_id?: string;
}

export interface StreamConfig {
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

export interface SubscriptionRequest {
  stream_type: StreamType;
  /** May be `*`, every agent, for metrics, processed metrics, alerts and logs. */
  agent_id?: string;
  /** The task, container or deployment, where the stream is about one. */
  resource?: string;
  config?: StreamConfig;
}

/** The answer to `POST /subscriptions`. */
export interface SubscriptionInfo {
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
