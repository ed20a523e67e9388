import { CLOSED, CONNECTING, OPEN } from './fetch-event-source.js';
import type { Envelope } from './payloads.js';

export interface EventSourceOptions {
  /** Only the envelope's `data`, as the routes of before the subscriptions sent it. */
  bare?: boolean;
}

type Handler = ((this: EventSource, event: any) => any) | null;

/** Looks like an EventSource and gets its events from a subscription, so it takes no connection of its own. */
export class SubscriptionEventSource extends EventTarget {
  readonly CONNECTING = CONNECTING;
  readonly OPEN = OPEN;
  readonly CLOSED = CLOSED;
  readonly withCredentials = false;

  url = '';
  readyState: number = CONNECTING;
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;

  constructor(private readonly options: EventSourceOptions, private readonly closed: () => void) {
    super();
    for (const kind of ['open', 'message', 'error'] as const) {
      this.addEventListener(kind, (event) => this[`on${kind}`]?.call(this.face, event));
    }
  }

  /** As what it is handed out. EventTarget's types know no MessageEvent, so the compiler cannot see that it is one. */
  get face(): EventSource {
    return this as unknown as EventSource;
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.closed();
  }

  /** @internal */
  opened(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.dispatchEvent(new Event('open'));
  }

  /** @internal */
  broken(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CONNECTING;
    this.dispatchEvent(new Event('error'));
  }

  /** @internal */
  ended(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.dispatchEvent(new Event('error'));
  }

  /** @internal */
  deliver(kind: string, raw: string, envelope: Envelope<unknown>): void {
    if (this.readyState === CLOSED) return;
    this.opened();
    this.dispatchEvent(new MessageEvent(kind, { data: this.options.bare ? JSON.stringify(envelope.data) : raw }));
  }
}

// `instanceof EventSource` holds, where there is one to be an instance of. Its constructor, which would connect, is not
// called: `super()` above is EventTarget's.
if (typeof EventSource !== 'undefined') {
  Object.setPrototypeOf(SubscriptionEventSource.prototype, EventSource.prototype);
}
