// What the gateway sends: the `data` of each event and the bodies of the routes that are read. Units are in the names,
// percentages are 0 to 100, `timestamp` inside a payload is seconds since 1970. A value that a host does not have is
// null; a part that the filters of a subscription leave out is absent.

import type {
  Alert, AlertCollection, ContainerLog, DeploymentCompletion, DeploymentStatus, EnrichedLog, History, LogEvent, MetricsData,
  ProcessedMetrics, Subscription, TaskOutput,
} from './schemas.js';

export type CpuMetrics = NonNullable<MetricsData['cpu']>;
export type MemoryMetrics = NonNullable<MetricsData['memory']>;
export type DiskMetrics = NonNullable<MetricsData['disks']>[number];
export type NetworkMetrics = NonNullable<MetricsData['network_interfaces']>[number];
export type ProcessesMetrics = NonNullable<MetricsData['processes']>;
export type LoadMetrics = NonNullable<MetricsData['load']>;
export type MetricsHistory = History;
export type AlertLevel = Alert['level'];

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
  query?: string | null;
  since?: string | number | null;
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
export type SubscriptionInfo = Subscription;
