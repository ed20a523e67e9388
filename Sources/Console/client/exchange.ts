import { Api } from './api.js';
import { Desk } from './desk.js';
import { FetchEventSource, type EventSourceConstructor } from './fetch-event-source.js';
import { Leader } from './leader.js';
import { TabGroup } from './tab-group.js';
import { tabOf, type LeaderMessage, type TabMessage } from './shared-state.js';

export interface ExchangeOptions {
  base: string;
  token: string | undefined;
  fetch: typeof fetch;
  EventSource: EventSourceConstructor | undefined;
  sharesTabs: boolean;
}

/** What the clients of one page with the same gateway and token have in common. */
export class Exchange {
  private static readonly all: Exchange[] = [];

  readonly api: Api;
  readonly desk: Desk;
  private leader: Leader | undefined;
  private group: TabGroup | undefined;
  private clients = 0;

  static for(options: ExchangeOptions): Exchange {
    const same = Exchange.all.find((other) => (Object.keys(options) as (keyof ExchangeOptions)[])
      .every((name) => other.options[name] === options[name]));
    const exchange = same ?? new Exchange(options);
    if (same === undefined) Exchange.all.push(exchange);
    exchange.clients += 1;
    return exchange;
  }

  private constructor(private readonly options: ExchangeOptions) {
    this.api = new Api(options.base, options.token, options.fetch);
    const tab = randomName();
    this.desk = new Desk(tab, (message) => this.toLeader(message));
    if (options.sharesTabs && TabGroup.isPossible) {
      this.group = new TabGroup(tab, this.api, {
        toTabs: (message) => this.desk.receive(message),
        toLeader: (message) => this.leader?.receive(message),
        lead: () => { this.lead(); },
        standDown: () => {
          this.leader?.stop();
          this.leader = undefined;
        },
        tabGone: (gone) => this.leader?.tabGone(gone),
        tabs: () => [...this.desk.state.bindings.values()].flatMap(({ users }) => users.map(tabOf)),
      });
    } else {
      this.lead();
    }
  }

  /** When the last client of the page has closed, nothing is left of it. */
  async release(): Promise<void> {
    this.clients -= 1;
    if (this.clients > 0) return;
    Exchange.all.splice(Exchange.all.indexOf(this), 1);
    await Promise.all(this.desk.subscriptions.map((subscription) => subscription.unsubscribe()));
    if (this.group !== undefined) this.group.close();
    else await this.leader?.end();
  }

  private toLeader(message: TabMessage): void {
    if (this.leader !== undefined) this.leader.receive(message);
    else this.group?.toLeader(message);
  }

  private lead(): void {
    const { fetch: fetcher, EventSource: Source } = this.options;
    this.leader = new Leader({
      api: this.api,
      makeSource: (url) => (Source === undefined ? new FetchEventSource(url, fetcher) : new Source(url)),
      showsHeartbeats: Source === undefined,
      state: this.desk.state,
      send: (message: LeaderMessage) => {
        this.group?.toTabs(message);
        this.desk.receive(message);
      },
    });
    this.leader.start();
  }
}

function randomName(): string {
  return Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32).toString(36)).join('');
}
