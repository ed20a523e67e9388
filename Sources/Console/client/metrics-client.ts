import type { AgentsOverview, MetricsHistory } from './payloads.js';
import type { MetricsData, SystemInfo } from './schemas.js';
import { StreamingClient, type MetricsSubscriptionOptions, type StreamingClientOptions } from './streaming-client.js';
import type { StreamSubscription } from './subscription.js';

export interface MetricsHistoryQuery {
  /** Parts (`cpu`) or values (`cpu.usage_percent`). */
  metrics: string[];
  /** Seconds since 1970. */
  startTime: number;
  endTime: number;
  maxPoints?: number;
}

/** The metrics of agents: live, as they are now, and as they were. */
export class MetricsClient {
  private readonly streamingClient: StreamingClient;

  constructor(baseURL: string, options: StreamingClientOptions = {}) {
    this.streamingClient = new StreamingClient(baseURL, options);
  }

  /** Events `metrics` whose data are the metrics alone, as JSON.
   *  @deprecated Use `subscribeToMetrics`. */
  streamMetrics(agentId: string, interval: number = 5): EventSource {
    console.warn('streamMetrics is deprecated. Use subscribeToMetrics instead.');
    return this.streamingClient
      .subscribeToMetrics(agentId, { interval: `${interval}s`, metrics: [] })
      .getEventSource({ bare: true });
  }

  async subscribeToMetrics(agentId: string, options?: MetricsSubscriptionOptions): Promise<StreamSubscription> {
    return this.streamingClient.subscribeToMetrics(agentId, options);
  }

  async getAllAgents(): Promise<AgentsOverview> {
    return this.streamingClient.api.get('/metrics/agents');
  }

  async getSystemInfo(agentId: string): Promise<SystemInfo> {
    return this.streamingClient.api.get(`${path(agentId)}/system`);
  }

  /** Has the agent read its system information anew. */
  async refreshSystemInfo(agentId: string): Promise<{ task_id: string; status: string }> {
    return this.streamingClient.api.post(`${path(agentId)}/system/refresh`, {});
  }

  async getCurrentMetrics(agentId: string): Promise<MetricsData> {
    return this.streamingClient.api.get(`${path(agentId)}/metrics`);
  }

  async getHistoricalMetrics(agentId: string, query: MetricsHistoryQuery): Promise<MetricsHistory> {
    const parameters = new URLSearchParams({
      metrics: query.metrics.join(','), start: String(query.startTime), end: String(query.endTime),
    });
    if (query.maxPoints !== undefined) parameters.set('max_points', String(query.maxPoints));
    return this.streamingClient.api.get(`${path(agentId)}/metrics/history?${parameters}`);
  }

  /** Keeps the metrics of an agent running without a listener. */
  async startMetricsStreaming(
    agentId: string, options: { interval_seconds?: number; metrics?: string[] } = {},
  ): Promise<{ message: string; agent_id: string; stream_id: string; interval_seconds: number; metrics: string[] }> {
    return this.streamingClient.api.post(`${path(agentId)}/metrics/start`, options);
  }

  async stopMetricsStreaming(agentId: string): Promise<{ message: string; agent_id: string }> {
    return this.streamingClient.api.post(`${path(agentId)}/metrics/stop`, {});
  }
}

function path(agentId: string): string {
  return `/agents/${encodeURIComponent(agentId)}`;
}
