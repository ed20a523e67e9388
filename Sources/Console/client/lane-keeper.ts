import { Lane } from './lane.js';
import { SluiceError } from './errors.js';
import { shareKey, target, type LaneRecord } from './shared-state.js';
import type { LeaderOptions } from './leader.js';

export interface LaneKeeperHandlers {
  event(session: string, kind: string, data: string, lastEventId: string): void;
  opened(session: string): void;
  gone(session: string): void;
}

/** Subscriptions that a session takes; the gateway's limit. */
const room = 256;
/** Browsers make six connections to a host, and calls need some of them. */
const maximumLanes = 4;
const idleTime = 2_000;

/** A place in a session for a subscription that is being made. */
export interface Place {
  session: string;
  release(): void;
}

/** The sessions: one, and more only where one cannot take what is wanted. */
export class LaneKeeper {
  private readonly lanes = new Map<string, Lane>();
  /** What is being made in each session: what it replays, or null. */
  private readonly reserved = new Map<string, (string | null)[]>();
  private placing: Promise<unknown> = Promise.resolve();
  private hasStopped = false;

  constructor(private readonly options: LeaderOptions, private readonly handlers: LaneKeeperHandlers) {
    globalThis.addEventListener?.('online', this.reopen); // node has no such function
  }

  /** Finds room in a session.
   *  @param replayed The target of a stream that begins with its history, which one session sends once at a time. */
  async reserve(replayed: string | null): Promise<Place> {
    const placed = this.placing.then(() => this.place(replayed));
    this.placing = placed.catch(() => undefined);
    return placed;
  }

  takeOver(): void {
    for (const record of this.options.state.lanes.values()) this.open(record);
  }

  /** After a while without subscriptions the session ends. */
  closeIfIdle(session: string): void {
    setTimeout(() => {
      if (this.hasStopped || !this.isIdle(session) || !this.lanes.has(session)) return;
      this.forget(session);
      void this.options.api.delete(`/sessions/${session}`).catch(() => undefined);
    }, idleTime);
  }

  forget(session: string): void {
    this.lanes.get(session)?.close();
    if (!this.lanes.delete(session)) return;
    this.options.send({ to: 'tabs', kind: 'laneGone', session });
  }

  stop(): void {
    this.hasStopped = true;
    globalThis.removeEventListener?.('online', this.reopen);
    for (const lane of this.lanes.values()) lane.close();
    this.lanes.clear();
  }

  /** The network is back: what was connected may be dead without a sign of it. */
  private readonly reopen = (): void => {
    for (const lane of this.lanes.values()) lane.open();
  };

  private isIdle(session: string): boolean {
    return this.load(session) === 0;
  }

  private load(session: string): number {
    return this.options.state.bindingsIn(session).length + (this.reserved.get(session)?.length ?? 0);
  }

  private async place(replayed: string | null): Promise<Place> {
    const session = [...this.lanes.keys()].find((lane) => this.load(lane) < room && !this.replays(lane, replayed))
      ?? await this.create();
    const reserved = this.reserved.get(session) ?? [];
    this.reserved.set(session, [...reserved, replayed]);
    return { session, release: () => this.release(session, replayed) };
  }

  private release(session: string, replayed: string | null): void {
    const reserved = [...this.reserved.get(session) ?? []];
    reserved.splice(reserved.indexOf(replayed), 1);
    if (reserved.length > 0) this.reserved.set(session, reserved);
    else this.reserved.delete(session);
    this.closeIfIdle(session);
  }

  private replays(session: string, replayed: string | null): boolean {
    if (replayed === null) return false;
    if (this.reserved.get(session)?.includes(replayed)) return true;
    return this.options.state.bindingsIn(session)
      .some(({ request }) => shareKey(request) === null && target(request) === replayed);
  }

  private async create(): Promise<string> {
    if (this.lanes.size >= maximumLanes) {
      const message = `there are ${maximumLanes} connections already, and none has room for this`;
      throw new SluiceError(message, 0, 'too_many_connections');
    }
    const answer = await this.options.api.post<{ session_id: string; events_url: string }>('/sessions', {});
    const record: LaneRecord = {
      session: answer.session_id, url: this.options.api.resolve(answer.events_url), lastEventId: '', isOpen: false,
    };
    this.options.send({ to: 'tabs', kind: 'lane', lane: record });
    this.open(this.options.state.lanes.get(record.session) ?? record);
    return record.session;
  }

  private open(record: LaneRecord): void {
    if (this.hasStopped) return;
    const { session } = record;
    const lane = new Lane(record, this.options.makeSource, this.options.showsHeartbeats, {
      event: (kind, data, lastEventId) => this.handlers.event(session, kind, data, lastEventId),
      opened: () => {
        this.tell(record, true);
        this.handlers.opened(session);
      },
      broken: () => this.tell(record, false),
      gone: () => {
        this.tell(record, false);
        this.handlers.gone(session);
      },
    });
    this.lanes.set(session, lane);
    lane.open();
  }

  private tell(record: LaneRecord, isOpen: boolean): void {
    record.isOpen = isOpen;
    this.options.send({ to: 'tabs', kind: 'lane', lane: record });
  }
}
