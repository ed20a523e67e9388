import { Api, pause } from './api.js';
import { SluiceError } from './errors.js';
import type { StreamEnd, SubscriptionInfo, SubscriptionRequest } from './payloads.js';
import { LaneKeeper } from './lane-keeper.js';
import { Snapshots } from './snapshots.js';
import {
  shareKey, target, type Binding, type Failure, type LeaderMessage, type SharedState, type TabMessage,
} from './shared-state.js';
import type { EventSourceLike } from './fetch-event-source.js';

export interface LeaderOptions {
  api: Api;
  makeSource: (url: string) => EventSourceLike;
  showsHeartbeats: boolean;
  /** What this tab knows, which may be what another leader had. */
  state: SharedState;
  /** To all tabs, this one first. */
  send: (message: LeaderMessage) => void;
}

/** As many as can be asked for at a time; what was deleted here ends in the same way. */
const maximumEarlyEnds = 1_000;

/** Holds the sessions of all tabs, and subscribes and unsubscribes for them. */
export class Leader {
  private readonly lanes: LaneKeeper;
  private readonly snapshots = new Snapshots();
  /** Those who want something that is being asked for, by user. */
  private readonly asking = new Map<string, { key: string | null; hasLeft: boolean }>();
  /** What is being asked for and can be shared, by key. */
  private readonly askedByKey = new Map<string, Promise<Binding>>();
  /** Ends of subscriptions whose answer has not come yet. */
  private readonly earlyEnds = new Map<string, StreamEnd>();
  private awaited = 0;
  /** Subscriptions to be deleted once the gateway can be reached. */
  private readonly stale = new Set<string>();
  private hasStopped = false;
  private ready: Promise<void> = Promise.resolve();

  constructor(private readonly options: LeaderOptions) {
    this.lanes = new LaneKeeper(options, {
      event: (session, kind, data, lastEventId) => this.pass(session, kind, data, lastEventId),
      opened: () => { void this.deleteStale(); },
      gone: (session) => { void this.askAnew(session); },
    });
  }

  /** Tells all tabs that somebody leads, and reads on where another leader was. */
  start(): void {
    if (this.options.state.lanes.size > 0) this.ready = this.takeOver();
    this.options.send(this.stateMessage());
  }

  receive(message: TabMessage): void {
    switch (message.kind) {
      case 'hello': this.options.send(this.stateMessage()); break;
      case 'want': void this.want(message.user, message.request); break;
      case 'leave': void this.leave(message.user); break;
    }
  }

  /** A tab has closed without saying so. */
  tabGone(tab: string): void {
    const users = [...this.options.state.bindings.values()].flatMap((binding) => binding.users);
    for (const user of [...users, ...this.asking.keys()]) if (user.startsWith(`${tab}/`)) void this.leave(user);
  }

  stop(): void {
    this.hasStopped = true;
    this.lanes.stop();
  }

  /** Ends all sessions: nobody is left who reads them. */
  async end(): Promise<void> {
    const sessions = [...this.options.state.lanes.keys()];
    this.stop();
    const end = (session: string): Promise<void> => this.options.api.delete(`/sessions/${session}`);
    await Promise.all(sessions.map((session) => end(session).catch(() => undefined)));
  }

  private stateMessage(): LeaderMessage {
    const { lanes, bindings } = this.options.state;
    return { to: 'tabs', kind: 'state', lanes: [...lanes.values()], bindings: [...bindings.values()] };
  }

  // -- Wanting and leaving

  private async want(user: string, request: SubscriptionRequest): Promise<void> {
    await this.ready;
    if (this.asking.has(user)) return;
    const key = shareKey(request);
    const known = this.options.state.bindingOf(user) ?? this.shared(key);
    if (known !== undefined) return this.bind(known, user, this.snapshots.of(known));
    const asker = { key, hasLeft: false };
    this.asking.set(user, asker);
    try {
      const binding = await this.askOnce(request, key);
      this.snapshots.claim(binding);
      if (!asker.hasLeft) this.bind(binding, user, null);
      else if (binding.users.length === 0 && !this.isAwaited(key)) await this.dispose(binding);
    } catch (error) {
      this.options.send({ to: 'tabs', kind: 'refused', user, failure: failure(error) });
    } finally {
      this.asking.delete(user);
      if (this.asking.size === 0) this.snapshots.forgetUnclaimed();
    }
  }

  private shared(key: string | null): Binding | undefined {
    if (key === null) return undefined;
    return [...this.options.state.bindings.values()].find((binding) => binding.key === key);
  }

  private isAwaited(key: string | null): boolean {
    return key !== null && [...this.asking.values()].some((asker) => asker.key === key && !asker.hasLeft);
  }

  private async askOnce(request: SubscriptionRequest, key: string | null): Promise<Binding> {
    if (key === null) return this.ask(request, key);
    const asked = this.askedByKey.get(key) ?? this.ask(request, key).finally(() => this.askedByKey.delete(key));
    this.askedByKey.set(key, asked);
    return asked;
  }

  private async ask(request: SubscriptionRequest, key: string | null): Promise<Binding> {
    const place = await this.lanes.reserve(key === null ? target(request) : null);
    this.awaited += 1;
    try {
      const { session } = place;
      const info = await this.options.api.post<SubscriptionInfo>('/subscriptions', { ...request, session_id: session });
      return {
        id: info.subscription_id, session, request, key, view: info.view, config: info.config,
        streamURL: this.options.api.resolve(info.stream_url), users: [],
        state: info.agent_connected ? 'active' : 'waiting_for_agent',
      };
    } finally {
      place.release();
      this.awaited -= 1;
    }
  }

  /** Where a stream was over before the answer came: now that all know it, all may know its end. */
  private tellEarlyEnd(id: string): void {
    const end = this.earlyEnds.get(id);
    if (this.awaited === 0 || this.earlyEnds.size === maximumEarlyEnds) this.earlyEnds.clear();
    if (end !== undefined) this.tellEnd(id, end);
  }

  private tellEnd(id: string, end: StreamEnd): void {
    this.earlyEnds.delete(id);
    this.snapshots.forget(id);
    this.options.send({ to: 'tabs', kind: 'ended', id, end });
    // The gateway keeps it for a while, for those who have not seen its end; in the session it takes room.
    if (end.reason === 'completed') void this.remove(id);
  }

  private bind(binding: Binding, user: string, snapshots: string[] | null): void {
    if (!binding.users.includes(user)) binding.users.push(user);
    this.options.send({ to: 'tabs', kind: 'bound', binding, user, snapshots });
    this.tellEarlyEnd(binding.id);
  }

  private async leave(user: string): Promise<void> {
    const asker = this.asking.get(user);
    if (asker !== undefined) asker.hasLeft = true;
    const binding = this.options.state.bindingOf(user);
    if (binding !== undefined && binding.users.length === 1) {
      this.options.state.bindings.delete(binding.id); // nobody joins what is being deleted
      await this.dispose(binding);
    }
    this.options.send({ to: 'tabs', kind: 'left', user });
  }

  private async dispose(binding: Binding): Promise<void> {
    this.snapshots.forget(binding.id);
    await this.remove(binding.id);
    this.lanes.closeIfIdle(binding.session);
  }

  private async remove(id: string): Promise<void> {
    await this.options.api.delete(`/subscriptions/${id}`).catch(() => this.stale.add(id));
  }

  private async deleteStale(): Promise<void> {
    for (const id of [...this.stale]) {
      this.stale.delete(id);
      await this.remove(id);
    }
  }

  // -- What the gateway sends

  private pass(session: string, kind: string, data: string, lastEventId: string): void {
    this.options.send({ to: 'tabs', kind: 'event', session, event: kind, data, lastEventId });
    if (kind === 'stream_end') this.ended(session, JSON.parse(data) as StreamEnd);
    else this.snapshots.keep(kind, data, this.options.state.bindingsIn(session), this.asking.size > 0);
  }

  private ended(session: string, end: StreamEnd): void {
    if (end.subscription_id !== undefined) {
      if (this.options.state.bindings.has(end.subscription_id)) this.tellEnd(end.subscription_id, end);
      else if (this.awaited > 0 && this.earlyEnds.size < maximumEarlyEnds) this.earlyEnds.set(end.subscription_id, end);
      this.lanes.closeIfIdle(session);
    } else if (end.reason === 'token_expired' || end.reason === 'token_revoked') {
      this.endAll(session, end.reason);
    } else if (end.reason === 'replaced') {
      void this.askAnew(session); // somebody else reads this session
    }
  }

  private endAll(session: string, reason: string): void {
    for (const { id } of this.options.state.bindingsIn(session)) {
      this.options.send({ to: 'tabs', kind: 'ended', id, end: { reason, subscription_id: id } });
    }
    this.lanes.forget(session);
  }

  // -- A session that is gone

  /** Subscribes anew to what was read in a session that the gateway does not know any more. */
  private async askAnew(session: string): Promise<void> {
    this.lanes.forget(session);
    for (let delay = 500; !this.hasStopped; delay = Math.min(delay * 2, 30_000)) {
      const lost = this.options.state.bindingsIn(session);
      if (lost.length === 0) return;
      const outcomes = await Promise.all(lost.map((binding) => this.replace(binding)));
      if (!outcomes.includes('later')) return;
      await pause(delay);
    }
  }

  private async replace(lost: Binding): Promise<'done' | 'later'> {
    try {
      const binding = await this.ask(lost.request, lost.key);
      if (!this.options.state.bindings.has(lost.id)) {
        await this.dispose(binding); // all have left meanwhile
        return 'done';
      }
      this.snapshots.forget(lost.id);
      this.options.send({ to: 'tabs', kind: 'rebound', previous: lost.id, binding: { ...binding, users: lost.users } });
      this.tellEarlyEnd(binding.id);
      return 'done';
    } catch (error) {
      const { code, status } = failure(error);
      if (error instanceof SluiceError && error.isTemporary) return 'later';
      const reason = status === 401 ? 'unauthorized' : code;
      this.options.send({ to: 'tabs', kind: 'ended', id: lost.id, end: { reason, subscription_id: lost.id } });
      return 'done';
    }
  }

  // -- Taking over

  /** Reads on where the leader before this one was, after its last event that everybody has. What it asked for without
   *  telling anybody the answer goes. */
  private async takeOver(): Promise<void> {
    const { api, state } = this.options;
    const sessions = [...state.lanes.keys()];
    const known = new Set(state.bindings.keys());
    this.lanes.takeOver();
    await Promise.all(sessions.map(async (session) => {
      const path = `/subscriptions?session_id=${session}&per_page=1000`;
      const list = await api.get<{ subscriptions: SubscriptionInfo[] }>(path).catch(() => ({ subscriptions: [] }));
      const orphans = list.subscriptions.filter(({ subscription_id }) => !known.has(subscription_id));
      const end = (id: string): Promise<void> => api.delete(`/subscriptions/${id}`);
      await Promise.all(orphans.map(({ subscription_id }) => end(subscription_id).catch(() => undefined)));
    }));
  }
}

function failure(error: unknown): Failure {
  if (error instanceof SluiceError) {
    return { message: error.message, status: error.status, code: error.code, field: error.field };
  }
  return { message: String(error), status: 0, code: 'internal' };
}
