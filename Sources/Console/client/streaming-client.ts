import type { Api } from './api.js';
import { Exchange } from './exchange.js';
import type { EventSourceConstructor } from './fetch-event-source.js';
import type { StreamSubscription } from './subscription.js';
import { SubscriptionEventSource, type EventSourceOptions } from './subscription-event-source.js';
import type { SubscriptionRequest } from './payloads.js';

export interface StreamingClientOptions {
  /** A bearer token, where the gateway asks for one. */
  token?: string;
  fetch?: typeof fetch;
  /** Used for the connection; without one, and without a global one, events are read with `fetch`. */
  EventSource?: EventSourceConstructor;
  /** Tabs of one browser share one connection (true); false: this page has its own. */
  sharesTabs?: boolean;
}

export interface SubscribeOptions {
  /** Pauses while the page is hidden. */
  pausesWhenHidden?: boolean;
}

export interface MetricsSubscriptionOptions {
  /** `5s` unless told. */
  interval?: string;
  /** Parts (`cpu`) or values (`cpu.usage_percent`); all unless told. */
  metrics?: string[];
  /** Events that the gateway keeps for a slow reader; 100 unless told. */
  bufferSize?: number;
}

/** A subscription that is being made: a promise of it that can be read as an EventSource at once. */
export type PendingSubscription = Promise<StreamSubscription> & {
  getEventSource(options?: EventSourceOptions): EventSource;
};

/** Subscribes to streams of a gateway. However many subscriptions there are, they take one connection. */
export class StreamingClient {
  private readonly exchange: Exchange;
  private readonly hidden = new Set<StreamSubscription>();

  constructor(readonly baseURL: string, options: StreamingClientOptions = {}) {
    const native = globalThis.EventSource as unknown as EventSourceConstructor | undefined;
    this.exchange = Exchange.for({
      base: baseURL.replace(/\/+$/, ''),
      token: options.token,
      fetch: options.fetch ?? globalThis.fetch,
      EventSource: options.EventSource ?? (options.fetch === undefined ? native : undefined),
      sharesTabs: options.sharesTabs ?? (options.fetch === undefined && options.EventSource === undefined),
    });
    if (typeof document !== 'undefined') document.addEventListener('visibilitychange', this.visibilityChanged);
  }

  /** @internal */
  get api(): Api {
    return this.exchange.api;
  }

  /** Rejected with a `SluiceError` where the gateway refuses, or cannot be reached. */
  subscribe(request: SubscriptionRequest, options: SubscribeOptions = {}): PendingSubscription {
    const subscription = this.exchange.desk.subscribe(request);
    if (options.pausesWhenHidden) void subscription.then((made) => this.pauseWhenHidden(made), () => undefined);
    return Object.assign(subscription, {
      getEventSource: (how: EventSourceOptions = {}) => eventSource(subscription, how),
    });
  }

  subscribeToMetrics(agentId: string, options: MetricsSubscriptionOptions = {}): PendingSubscription {
    return this.subscribe({
      stream_type: 'metrics',
      agent_id: agentId,
      config: {
        interval: options.interval ?? '5s', filters: options.metrics ?? [], buffer_size: options.bufferSize ?? 100,
      },
    });
  }

  /** Ends its subscriptions when no other client of the page shares its connection. */
  async close(): Promise<void> {
    if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', this.visibilityChanged);
    await this.exchange.release();
  }

  private pauseWhenHidden(subscription: StreamSubscription): void {
    this.hidden.add(subscription);
    subscription.once('stream_end', () => this.hidden.delete(subscription));
    if (document.hidden) subscription.pause();
  }

  private readonly visibilityChanged = (): void => {
    for (const subscription of this.hidden) {
      if (document.hidden) subscription.pause();
      else subscription.resume();
    }
  };
}

function eventSource(pending: Promise<StreamSubscription>, options: EventSourceOptions): EventSource {
  const source = new SubscriptionEventSource(options, () => {
    pending.then((subscription) => subscription.unsubscribe(), () => undefined);
  });
  pending.then((subscription) => {
    if (source.readyState !== source.CLOSED) subscription.feed(source);
  }, () => source.ended());
  return source.face;
}
