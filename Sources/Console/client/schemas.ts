// Made by Scripts/generate-types from what a gateway answers to GET /openapi.json.

export interface Agent {
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

export interface Alert {
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

export interface AlertCollection {
  agent_id: string;
  alerts: Alert[];
  /** Seconds since 1970 */
  timestamp: number;
  source: 'metrics_analysis' | 'health_check' | 'logs' | 'system_events' | 'gateway_events';
}

export interface Container {
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

export interface ContainerLog {
  container_id: string | null;
  container_name: string | null;
  stream: 'stdout' | 'stderr';
  line: string;
  seq: number | null;
  /** Seconds since 1970 */
  container_timestamp: number | null;
}

export interface DeploymentCompletion {
  deployment_id: string;
  success: boolean;
  /** Seconds */
  duration: number;
  summary: string;
  exit_code: number | null;
}

export interface DeploymentStatus {
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

export interface EnrichedLog {
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

export interface History {
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

export interface HistoryPoint {
  /** Seconds since 1970 */
  timestamp: number;
  /** Averages by key: cpu.usage_percent */
  values: Record<string, number>;
  min: Record<string, number>;
  max: Record<string, number>;
}

export interface LogEvent {
  timestamp: string | null;
  level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
  component: string;
  message: string;
  agent_id: string;
  /** The file, or journal */
  source: string;
  attributes: Record<string, unknown>;
}

export interface MetricsData {
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

export interface ProcessedMetrics {
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

export interface Session {
  session_id: string;
  /** Where the events of its subscriptions are; a secret */
  events_url: string;
  expires_at: string | null;
}

export interface Subscription {
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

export interface SystemEvent {
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

export interface SystemInfo {
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

export interface Task {
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

export interface TaskOutput {
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

export interface Trend {
  direction: 'rising' | 'falling' | 'flat';
  slope_per_hour: number;
  window_seconds: number;
  confidence: number;
}
