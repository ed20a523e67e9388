import { CLOSED, CONNECTING, type EventSourceLike } from './fetch-event-source.js';
import { eventKinds } from './payloads.js';
import { controlKinds, type LaneRecord } from './shared-state.js';

export interface LaneHandlers {
  event(kind: string, data: string, lastEventId: string): void;
  opened(): void;
  /** The connection has broken; the EventSource makes another one. */
  broken(): void;
  /** The gateway does not know the session any more, or gives it to nobody. */
  gone(): void;
}

/** A browser's EventSource shows no heartbeats, so it cannot tell a connection that is dead from one that is quiet: one
 *  that has brought nothing for so long is opened anew, which loses nothing. */
const longestSilence = 60_000;

/** The connection of one session. */
export class Lane {
  private source: EventSourceLike | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly record: LaneRecord, private readonly makeSource: (url: string) => EventSourceLike,
    private readonly showsHeartbeats: boolean, private readonly handlers: LaneHandlers,
  ) {}

  open(): void {
    this.source?.close();
    const { url, lastEventId } = this.record;
    const resumed = `${url}?last_event_id=${encodeURIComponent(lastEventId)}`;
    const source = this.makeSource(lastEventId === '' ? url : resumed);
    this.source = source;
    source.addEventListener('open', () => { if (source === this.source) this.handlers.opened(); });
    source.addEventListener('error', () => {
      if (source !== this.source) return;
      if (source.readyState === CLOSED) this.handlers.gone();
      else if (source.readyState === CONNECTING) this.handlers.broken();
    });
    for (const kind of [...eventKinds, ...controlKinds]) {
      source.addEventListener(kind, (event: MessageEvent<string>) => {
        if (source !== this.source) return;
        this.watch();
        this.handlers.event(kind, event.data, event.lastEventId);
      });
    }
    this.watch();
  }

  close(): void {
    clearTimeout(this.watchdog);
    this.source?.close();
    this.source = undefined;
  }

  private watch(): void {
    if (this.showsHeartbeats) return;
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.open(), longestSilence);
  }
}
