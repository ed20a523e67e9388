import { EventStreamParser } from './event-stream-parser.js';

/** What the library needs of an EventSource, native or not. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: any) => void): void;
  close(): void;
}

export type EventSourceConstructor = new (url: string) => EventSourceLike;

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;

const defaultRetry = 3_000;
const maximumRetry = 30_000;
/** A gateway says something at least every 15 s. */
const deadAfter = 60_000;

/** EventSource over `fetch`, for where there is none: it reconnects, continues by `Last-Event-ID`, and gives up for the
 *  same answers. Other than a browser's it notices a connection that is dead without having ended. */
export class FetchEventSource extends EventTarget implements EventSourceLike {
  readyState = CONNECTING;

  private retry = defaultRetry;
  private failures = 0;
  private lastEventId = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private abort = new AbortController();

  constructor(readonly url: string, private readonly fetcher: typeof fetch = fetch) {
    super();
    void this.connect();
  }

  close(): void {
    this.readyState = CLOSED;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.abort.abort();
  }

  private async connect(): Promise<void> {
    this.abort = new AbortController();
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.lastEventId !== '') headers['Last-Event-ID'] = this.lastEventId;
    try {
      this.watch();
      const options: RequestInit = { headers, cache: 'no-store', signal: this.abort.signal };
      const response = await this.fetcher.call(globalThis, this.url, options);
      const kind = response.headers.get('content-type') ?? '';
      if (response.status !== 200 || !/^text\/event-stream\s*(;|$)/i.test(kind) || response.body === null) {
        await response.body?.cancel();
        return this.fail();
      }
      this.open();
      await this.read(response.body);
    } catch {
      // the network, or the abort of a connection that was silent for too long: the same as an end
    }
    this.reconnect();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // the parser strips the one at the start
    const parser = new EventStreamParser({
      event: ({ type, data, lastEventId }) => {
        if (this.readyState !== CLOSED) this.dispatchEvent(new MessageEvent(type, { data, lastEventId }));
      },
      retry: (milliseconds) => { this.retry = milliseconds; },
    }, this.lastEventId);
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.readyState === CLOSED) return;
      this.watch();
      parser.push(decoder.decode(value, { stream: true }));
      this.lastEventId = parser.lastEventId;
    }
  }

  private open(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = OPEN;
    this.failures = 0;
    this.dispatchEvent(new Event('open'));
  }

  private fail(): void {
    if (this.readyState === CLOSED) return;
    this.close();
    this.dispatchEvent(new Event('error'));
  }

  private reconnect(): void {
    if (this.readyState === CLOSED) return;
    clearTimeout(this.watchdog);
    this.readyState = CONNECTING;
    this.dispatchEvent(new Event('error'));
    const delay = Math.max(this.retry, Math.min(maximumRetry, this.retry * 2 ** this.failures));
    this.failures = Math.min(this.failures + 1, 10);
    this.timer = setTimeout(() => { void this.connect(); }, delay * (0.75 + Math.random() / 4));
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    const { abort } = this;
    this.watchdog = setTimeout(() => abort.abort(), deadAfter);
  }
}
