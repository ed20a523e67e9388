import { EventQueue } from './event-queue.js';
import { SubscriptionEventSource, type EventSourceOptions } from './subscription-event-source.js';
import type { Envelope, EventData, Gap, StreamConfig, StreamEnd, SubscriptionRequest } from './payloads.js';

/** Where a subscription stands. `connecting`: being made; `waiting_for_agent`, `active`, `agent_lost`, `draining`,
 *  `unsupported`, `overloaded` and others: as the gateway says; `reconnecting`: the connection has broken and is made
 *  anew; `paused`; `ended`: nothing comes any more. */
export type SubscriptionState =
  | 'connecting' | 'waiting_for_agent' | 'active' | 'agent_lost' | 'draining' | 'unsupported' | 'overloaded'
  | 'reconnecting' | 'paused' | 'ended' | (string & {});

export interface Status {
  state: SubscriptionState;
  /** Why, where the agent or the gateway says so. */
  message?: string;
}

/** What `on` takes, and what its callback is given. */
export type SubscriptionEvents = { [Kind in keyof EventData]: Envelope<EventData[Kind]> } & {
  status: Status;
  gap: Gap;
  stream_end: StreamEnd;
};

export type Listener<Value> = (value: Value) => void;

/** @internal What a subscription asks of the page that it belongs to. */
export interface SubscriptionControls {
  ask(subscription: StreamSubscription): void;
  leave(subscription: StreamSubscription): Promise<void>;
}

/** Events that wait for the first listener, or for an iteration. */
const maximumHeld = 10_000;

/** One subscription. What comes before the first listener is added waits for it. */
export class StreamSubscription {
  /** The gateway's id; another one after the gateway has forgotten the first. Empty before there is one. */
  id = '';
  /** The configuration in force. */
  config: StreamConfig = {};
  /** Set with the state `ended`. */
  end: StreamEnd | null = null;
  state: SubscriptionState = 'connecting';

  /** @internal */ url = '';
  private readonly listeners = new Map<string, Set<Listener<any>>>();
  private readonly queues = new Set<EventQueue>();
  private readonly sources = new Set<SubscriptionEventSource>();
  private held: (() => void)[] | null = [];
  private heldTooMany = 0;
  private lastSeq = 0;

  /** @internal */
  constructor(readonly request: SubscriptionRequest, private readonly controls: SubscriptionControls) {}

  on<Kind extends keyof SubscriptionEvents>(event: Kind, listener: Listener<SubscriptionEvents[Kind]>): this {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
    this.release();
    return this;
  }

  once<Kind extends keyof SubscriptionEvents>(event: Kind, listener: Listener<SubscriptionEvents[Kind]>): this {
    const once = (value: SubscriptionEvents[Kind]): void => {
      this.off(event, once);
      listener(value);
    };
    return this.on(event, once);
  }

  off<Kind extends keyof SubscriptionEvents>(event: Kind, listener: Listener<SubscriptionEvents[Kind]>): this {
    this.listeners.get(event)?.delete(listener);
    return this;
  }

  /** The events of the stream, until it ends. A loop that is slower than the stream loses the oldest: see `gap`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Envelope<any>> {
    const dropped = (missed: number): void => this.emit('gap', { missed });
    const queue: EventQueue = new EventQueue(maximumHeld, dropped, () => this.queues.delete(queue));
    this.queues.add(queue);
    if (this.end !== null) queue.end();
    this.release();
    return queue;
  }

  /** The same events for code that was written for an EventSource. Closing it unsubscribes. */
  getEventSource(options: EventSourceOptions = {}): EventSource {
    const source = new SubscriptionEventSource(options, () => { void this.unsubscribe(); });
    this.feed(source);
    return source.face;
  }

  /** Ends it; resolved when the gateway has, or cannot be reached. */
  async unsubscribe(): Promise<void> {
    if (this.state === 'ended') return;
    const left = this.state === 'paused' ? Promise.resolve() : this.controls.leave(this);
    this.ended({ reason: 'unsubscribed' });
    await left;
  }

  /** Gets nothing until `resume`; a stream that nobody else reads stops at its agent. */
  pause(): void {
    if (this.state === 'ended' || this.state === 'paused') return;
    void this.controls.leave(this);
    this.changed({ state: 'paused' });
  }

  /** Goes on with what is new, and with the output of a task where it was. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.changed({ state: 'connecting' });
    this.controls.ask(this);
  }

  // -- From the page

  /** @internal */
  feed(source: SubscriptionEventSource): void {
    this.sources.add(source);
    source.url = this.url;
    if (this.end !== null) source.ended();
    else if (this.state !== 'connecting') source.opened();
    this.release();
  }

  /** @internal */
  bound(id: string, config: StreamConfig, url: string): void {
    this.id = id;
    this.config = config;
    this.url = url;
    for (const source of this.sources) source.url = url;
  }

  /** @internal One event as it came. What a task has printed comes once, also where its stream begins anew. */
  deliver(kind: keyof EventData, raw: string, envelope: Envelope<any>): void {
    if (this.state === 'ended' || this.state === 'paused') return;
    if (envelope.type === 'task_output') {
      if (envelope.data.seq <= this.lastSeq) return;
      this.lastSeq = envelope.data.seq;
    }
    this.hold(() => {
      for (const queue of this.queues) queue.push(envelope);
      for (const source of this.sources) source.deliver(kind, raw, envelope);
      this.emit(kind, envelope);
    });
  }

  /** @internal */
  missed(gap: Gap): void {
    if (this.state !== 'ended') this.hold(() => this.emit('gap', gap));
  }

  /** @internal */
  get isTaskOutput(): boolean {
    return this.request.stream_type === 'shell_output' || this.request.stream_type === 'docker_output';
  }

  /** @internal */
  changed(status: Status): void {
    if (this.state === 'ended' || this.state === status.state) return;
    this.state = status.state;
    for (const source of this.sources) {
      if (status.state === 'reconnecting') source.broken();
      else if (status.state !== 'connecting') source.opened();
    }
    this.hold(() => this.emit('status', status));
  }

  /** @internal */
  ended(end: StreamEnd): void {
    if (this.state === 'ended') return;
    this.hold(() => {
      for (const queue of this.queues) queue.end();
      for (const source of this.sources) source.ended();
      this.emit('stream_end', end);
    });
    this.changed({ state: 'ended', message: end.reason });
    this.end = end;
  }

  private hold(tell: () => void): void {
    if (this.held === null) return tell();
    this.held.push(tell);
    if (this.held.length > maximumHeld) {
      this.held.shift();
      this.heldTooMany += 1;
    }
  }

  /** In the next turn: whoever adds the first listener adds the others in this one. */
  private release(): void {
    if (this.held === null) return;
    queueMicrotask(() => {
      const { held, heldTooMany } = this;
      this.held = null;
      if (heldTooMany > 0) this.emit('gap', { missed: heldTooMany });
      this.heldTooMany = 0;
      for (const tell of held ?? []) tell();
    });
  }

  private emit<Kind extends keyof SubscriptionEvents>(event: Kind, value: SubscriptionEvents[Kind]): void {
    for (const listener of [...this.listeners.get(event) ?? []]) {
      try {
        listener(value);
      } catch (error) {
        console.error(error); // one listener's mistake is not the others'
      }
    }
  }
}
