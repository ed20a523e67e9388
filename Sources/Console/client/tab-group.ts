import type { Api } from './api.js';
import { tabOf, type LeaderMessage, type TabMessage } from './shared-state.js';

export interface TabGroupHandlers {
  toTabs(message: LeaderMessage): void;
  toLeader(message: TabMessage): void;
  /** This tab leads from now on. */
  lead(): void;
  standDown(): void;
  tabGone(tab: string): void;
  /** The tabs that have subscriptions. */
  tabs(): string[];
}

type Message = TabMessage | LeaderMessage | { to: 'self'; mark: string };

/** How long a new leader waits for what the one before it has told last. */
const echoTime = 1_000;

/** The tabs of one browser that read the same gateway with the same token. A Web Lock says who leads, another one for
 *  each tab that it is still there; a BroadcastChannel carries the messages. */
export class TabGroup {
  /** Both exist in secure contexts: https and localhost. */
  static get isPossible(): boolean {
    return typeof navigator !== 'undefined' && 'locks' in navigator && typeof BroadcastChannel !== 'undefined'
      && typeof document !== 'undefined' && typeof crypto !== 'undefined' && crypto.subtle !== undefined;
  }

  private channel: BroadcastChannel | undefined;
  private name = '';
  private readonly waiting: TabMessage[] = [];
  private readonly watched = new Set<string>();
  private readonly closing = new AbortController();
  private leads = false;

  constructor(private readonly tab: string, private readonly api: Api, private readonly handlers: TabGroupHandlers) {
    void this.join();
  }

  toTabs(message: LeaderMessage): void {
    this.channel?.postMessage(message);
    if (message.kind === 'bound') this.watch(tabOf(message.user));
  }

  toLeader(message: TabMessage): void {
    if (this.channel === undefined) this.waiting.push(message);
    else this.channel.postMessage(message);
  }

  close(): void {
    this.closing.abort();
    if (this.leads) this.handlers.standDown();
    this.channel?.close();
  }

  private async join(): Promise<void> {
    this.name = `sluice ${this.api.base} ${await digest(this.api.token ?? '')}`;
    await this.hold(`${this.name} tab ${this.tab}`);
    if (this.closing.signal.aborted) return;
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.receive(data);
    void this.hold(`${this.name} leader`).then(() => this.lead());
    this.channel.postMessage({ to: 'leader', kind: 'hello' });
    for (const message of this.waiting.splice(0)) this.channel.postMessage(message);
  }

  private receive(message: Message): void {
    if (message.to === 'tabs') this.handlers.toTabs(message);
    else if (message.to === 'leader') this.handlers.toLeader(message);
  }

  /** Takes a lock and keeps it until the tab closes. */
  private hold(name: string): Promise<void> {
    return new Promise((resolve) => {
      navigator.locks.request(name, { signal: this.closing.signal }, () => {
        resolve();
        return new Promise<void>((release) => { this.closing.signal.addEventListener('abort', () => release()); });
      }).catch(() => undefined); // closed while it waited
    });
  }

  private async lead(): Promise<void> {
    await this.echo();
    if (this.closing.signal.aborted) return;
    this.leads = true;
    this.handlers.lead();
    for (const tab of this.handlers.tabs()) this.watch(tab);
  }

  /** Until everything that was posted before has been received. */
  private echo(): Promise<void> {
    return new Promise((resolve) => {
      const mark = `${this.tab} ${Date.now()}`;
      const other = new BroadcastChannel(this.name);
      const done = (): void => {
        clearTimeout(timer);
        this.channel?.removeEventListener('message', seen);
        other.close();
        resolve();
      };
      const seen = ({ data }: MessageEvent<Message>): void => { if (data.to === 'self' && data.mark === mark) done(); };
      const timer = setTimeout(done, echoTime);
      this.channel?.addEventListener('message', seen);
      other.postMessage({ to: 'self', mark });
    });
  }

  /** Tells when a tab has gone: its lock is free then. */
  private watch(tab: string): void {
    if (tab === this.tab || this.watched.has(tab)) return;
    this.watched.add(tab);
    navigator.locks.request(`${this.name} tab ${tab}`, { signal: this.closing.signal }, () => {
      this.watched.delete(tab);
      this.handlers.tabGone(tab);
    }).catch(() => undefined);
  }
}

/** So that no token is in the name of a lock. */
async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes).slice(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
