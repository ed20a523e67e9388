import type { EventKind, StreamConfig, StreamEnd, SubscriptionRequest } from './payloads.js';

// The tabs of one browser share one connection: one of them leads, holds the connection and makes the calls. All know
// the same, which the leader tells in messages, so that any of them can lead when the leader closes.

/** One session of the gateway, which is one connection. */
export interface LaneRecord {
  session: string;
  url: string;
  /** Of the last event that was told to all. */
  lastEventId: string;
  isOpen: boolean;
}

/** A subscription of the gateway, and who reads it: `tab/number` of subscriptions of pages. */
export interface Binding {
  id: string;
  session: string;
  request: SubscriptionRequest;
  /** Requests with the same key share a subscription; null: this one is not shared. */
  key: string | null;
  view: string;
  config: StreamConfig;
  streamURL: string;
  state: string;
  users: string[];
}

export interface Failure {
  message: string;
  status: number;
  code: string;
  field?: string;
}

/** From a page to the leader. */
export type TabMessage =
  | { to: 'leader'; kind: 'hello' }
  | { to: 'leader'; kind: 'want'; user: string; request: SubscriptionRequest }
  | { to: 'leader'; kind: 'leave'; user: string };

/** From the leader to all pages. */
export type LeaderMessage =
  | { to: 'tabs'; kind: 'state'; lanes: LaneRecord[]; bindings: Binding[] }
  | { to: 'tabs'; kind: 'lane'; lane: LaneRecord }
  | { to: 'tabs'; kind: 'laneGone'; session: string }
  /** `snapshots`: the last values, for one who joins others; null: its events have all come since it was asked for. */
  | { to: 'tabs'; kind: 'bound'; binding: Binding; user: string; snapshots: string[] | null }
  /** The gateway knew the subscription no more and has been asked anew; what came meanwhile is missing. */
  | { to: 'tabs'; kind: 'rebound'; previous: string; binding: Binding }
  | { to: 'tabs'; kind: 'left'; user: string }
  | { to: 'tabs'; kind: 'refused'; user: string; failure: Failure }
  | { to: 'tabs'; kind: 'ended'; id: string; end: StreamEnd }
  | { to: 'tabs'; kind: 'event'; session: string; event: string; data: string; lastEventId: string };

export type ControlKind = 'stream_status' | 'gap' | 'stream_end';

export const controlKinds: readonly ControlKind[] = ['stream_status', 'gap', 'stream_end'];

/** What every tab knows of what the leader has. */
export class SharedState {
  readonly lanes = new Map<string, LaneRecord>();
  readonly bindings = new Map<string, Binding>();

  apply(message: LeaderMessage): void {
    switch (message.kind) {
      case 'state':
        this.lanes.clear();
        this.bindings.clear();
        for (const lane of message.lanes) this.lanes.set(lane.session, lane);
        for (const binding of message.bindings) this.bindings.set(binding.id, binding);
        break;
      case 'lane': this.lanes.set(message.lane.session, message.lane); break;
      case 'laneGone': this.lanes.delete(message.session); break;
      case 'bound': this.bindings.set(message.binding.id, message.binding); break;
      case 'rebound':
        this.bindings.delete(message.previous);
        this.bindings.set(message.binding.id, message.binding);
        break;
      case 'ended': this.bindings.delete(message.id); break;
      case 'left': this.leave(message.user); break;
      case 'event': {
        const lane = this.lanes.get(message.session);
        if (lane !== undefined && message.lastEventId !== '') lane.lastEventId = message.lastEventId;
        break;
      }
      case 'refused': break;
    }
  }

  bindingOf(user: string): Binding | undefined {
    for (const binding of this.bindings.values()) if (binding.users.includes(user)) return binding;
    return undefined;
  }

  bindingsIn(session: string): Binding[] {
    return [...this.bindings.values()].filter((binding) => binding.session === session);
  }

  private leave(user: string): void {
    const binding = this.bindingOf(user);
    if (binding === undefined) return;
    binding.users = binding.users.filter((other) => other !== user);
    if (binding.users.length === 0) this.bindings.delete(binding.id);
  }
}

/** The tab of a user. */
export function tabOf(user: string): string {
  return user.slice(0, user.indexOf('/'));
}

/** What two requests that the same events answer have in common; null where each reader begins with a history of its
 *  own, which is sent to the connection and not to one of its subscriptions. */
export function shareKey(request: SubscriptionRequest): string | null {
  const config = request.config ?? {};
  const isLive: Record<string, boolean> = {
    metrics: true, processed_metrics: true, alert_events: config.snapshot !== true,
    processed_logs: config.since == null,
  };
  return isLive[request.stream_type as EventKind] ? JSON.stringify([target(request), sorted(config)]) : null;
}

/** What a stream is about. */
export function target(request: SubscriptionRequest): string {
  return JSON.stringify([request.stream_type, request.agent_id ?? '', request.resource ?? '']);
}

function sorted(config: StreamConfig): [string, unknown][] {
  return Object.entries(config).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
}
