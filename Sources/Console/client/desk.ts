import { SluiceError } from './errors.js';
import type { Envelope, EventKind, Gap, StreamEnd, SubscriptionRequest } from './payloads.js';
import { StreamSubscription, type SubscriptionControls } from './subscription.js';
import { SharedState, type Binding, type LeaderMessage, type TabMessage } from './shared-state.js';

/** A subscription of this page. */
interface Reader {
  user: string;
  subscription: StreamSubscription;
  /** The gateway's subscription; empty while it is asked for. */
  binding: string;
  settle?: { resolve(subscription: StreamSubscription): void; reject(error: SluiceError): void };
}

type EventMessage = Extract<LeaderMessage, { kind: 'event' }>;

/** Events that may be for what is still being asked for. */
const maximumEarly = 1_000;
/** How long a leader may take to say that somebody has left. */
const leaveTime = 20_000;

/** The subscriptions of one page: asks the leader for them and hands out what comes. */
export class Desk implements SubscriptionControls {
  readonly state = new SharedState();
  private readonly readers = new Map<string, Reader>();
  private readonly leaving = new Map<string, () => void>();
  private early: EventMessage[] = [];
  private count = 0;

  /** @param send To the leader, wherever it is. */
  constructor(private readonly tab: string, private readonly send: (message: TabMessage) => void) {}

  get subscriptions(): StreamSubscription[] {
    return [...this.readers.values()].map(({ subscription }) => subscription);
  }

  subscribe(request: SubscriptionRequest): Promise<StreamSubscription> {
    return new Promise((resolve, reject) => {
      this.want(new StreamSubscription(request, this), { resolve, reject });
    });
  }

  ask(subscription: StreamSubscription): void {
    this.want(subscription);
  }

  async leave(subscription: StreamSubscription): Promise<void> {
    const reader = [...this.readers.values()].find((other) => other.subscription === subscription);
    if (reader === undefined) return;
    const { user } = reader;
    this.readers.delete(user);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leaveTime);
      this.leaving.set(user, () => {
        clearTimeout(timer);
        resolve();
      });
      this.send({ to: 'leader', kind: 'leave', user });
    });
    this.leaving.delete(user);
  }

  receive(message: LeaderMessage): void {
    const before = message.kind === 'ended' ? this.of(message.id)
      : message.kind === 'rebound' ? this.of(message.previous) : [];
    this.state.apply(message);
    switch (message.kind) {
      case 'state': this.compare(); break;
      case 'lane': this.laneChanged(message.lane.session); break;
      case 'laneGone': this.laneChanged(message.session); break;
      case 'bound': this.bound(message.user, message.binding, message.snapshots); break;
      case 'rebound': for (const reader of before) this.rebound(reader, message.binding); break;
      case 'left': this.leaving.get(message.user)?.(); break;
      case 'refused': this.refused(message); break;
      case 'ended': for (const reader of before) this.end(reader, message.end); break;
      case 'event': this.event(message); break;
    }
  }

  // -- Asking

  private want(subscription: StreamSubscription, settle?: Reader['settle']): void {
    this.count += 1;
    const user = `${this.tab}/${this.count}`;
    this.readers.set(user, { user, subscription, binding: '', settle });
    this.send({ to: 'leader', kind: 'want', user, request: subscription.request });
  }

  /** A leader has told what there is: what this page wants and is not there is asked for again. */
  private compare(): void {
    for (const reader of this.readers.values()) {
      const binding = this.state.bindingOf(reader.user);
      if (binding === undefined) {
        reader.binding = '';
        this.send({ to: 'leader', kind: 'want', user: reader.user, request: reader.subscription.request });
      } else if (reader.binding === '') {
        this.bound(reader.user, binding, null);
      }
    }
    for (const user of this.leaving.keys()) this.send({ to: 'leader', kind: 'leave', user });
  }

  private bound(user: string, binding: Binding, snapshots: string[] | null): void {
    const reader = this.readers.get(user);
    if (reader === undefined || reader.binding !== '') return;
    reader.binding = binding.id;
    const { subscription } = reader;
    subscription.bound(binding.id, binding.config, binding.streamURL);
    this.tellState(reader, binding);
    reader.settle?.resolve(subscription);
    for (const data of snapshots ?? []) this.deliver(subscription, binding, subscription.request.stream_type, data);
    if (snapshots === null) for (const message of this.early) this.route(message, [reader]);
    this.forgetEarly();
  }

  /** Whether the gateway's answer is still to come, which events of the subscription may overtake. */
  private isAsked(reader: Reader): boolean {
    const binding = this.state.bindings.get(reader.binding);
    return binding === undefined || !this.state.lanes.has(binding.session);
  }

  private forgetEarly(): void {
    if (![...this.readers.values()].some((reader) => this.isAsked(reader))) this.early = [];
  }

  private rebound(reader: Reader, binding: Binding): void {
    reader.binding = binding.id;
    reader.subscription.bound(binding.id, binding.config, binding.streamURL);
    this.tellState(reader, binding);
    // The output of a task comes again from its first line, and what is known of it is left out.
    if (!reader.subscription.isTaskOutput) reader.subscription.missed({ missed: null, subscription_id: binding.id });
    for (const message of this.early) this.route(message, [reader]);
    this.forgetEarly();
  }

  private refused({ user, failure }: Extract<LeaderMessage, { kind: 'refused' }>): void {
    const reader = this.readers.get(user);
    if (reader === undefined) return;
    const { message, status, code, field } = failure;
    reader.settle?.reject(new SluiceError(message, status, code, field));
    this.end(reader, { reason: status === 401 ? 'unauthorized' : code });
  }

  private end(reader: Reader, end: StreamEnd): void {
    this.readers.delete(reader.user);
    this.forgetEarly();
    reader.subscription.ended(end);
  }

  // -- What comes

  private of(binding: string): Reader[] {
    return [...this.readers.values()].filter((reader) => reader.binding === binding);
  }

  private laneChanged(session: string): void {
    for (const reader of this.readers.values()) {
      const binding = this.state.bindings.get(reader.binding);
      if (binding?.session === session) this.tellState(reader, binding);
    }
  }

  private tellState(reader: Reader, binding: Binding, message?: string): void {
    const lane = this.state.lanes.get(binding.session);
    const wasOpen = reader.subscription.state !== 'connecting';
    if (lane?.isOpen) reader.subscription.changed({ state: binding.state, message });
    else if (wasOpen) reader.subscription.changed({ state: 'reconnecting' });
  }

  private event(message: EventMessage): void {
    const readers = [...this.readers.values()];
    if (this.early.length < maximumEarly && readers.some((reader) => this.isAsked(reader))) this.early.push(message);
    this.route(message, readers);
  }

  private route(message: EventMessage, readers: Reader[]): void {
    const content = JSON.parse(message.data);
    for (const reader of readers) {
      const binding = this.state.bindings.get(reader.binding);
      if (binding === undefined || binding.session !== message.session) continue;
      switch (message.event) {
        case 'stream_status': this.status(reader, binding, content); break;
        case 'gap': if (content.subscription_id === binding.id) reader.subscription.missed(content as Gap); break;
        case 'stream_end': break; // the leader tells who has ended
        default: this.offer(reader, binding, message, content as Envelope<unknown>);
      }
    }
  }

  private status(
    reader: Reader, binding: Binding, content: { state: string; subscription_id?: string; message?: string },
  ): void {
    if (content.subscription_id !== undefined && content.subscription_id !== binding.id) return;
    if (content.subscription_id === undefined) return reader.subscription.changed({ state: content.state });
    binding.state = content.state;
    this.tellState(reader, binding, content.message);
  }

  private offer(reader: Reader, binding: Binding, message: EventMessage, envelope: Envelope<unknown>): void {
    const { agent_id: agent = '', resource = '' } = binding.request;
    if (envelope.view !== binding.view || envelope.resource !== resource) return;
    if (agent !== '' && agent !== '*' && agent !== envelope.agent_id) return;
    reader.subscription.deliver(message.event as EventKind, message.data, envelope);
  }

  private deliver(subscription: StreamSubscription, binding: Binding, kind: EventKind, data: string): void {
    const envelope = JSON.parse(data) as Envelope<unknown>;
    if (envelope.view === binding.view) subscription.deliver(kind, data, envelope);
  }
}
