import { MetricsFormatter, type Agent, type Envelope, type MetricsData } from '../client/sluice.js';
import { element, setBar, setText, svgElement } from './dom.js';
import { call, streams } from './session.js';
import type { ViewLife } from './view.js';

const sparkPoints = 40;
/** Agents of one page of the list; the search of the page is within them. */
const listed = 1_000;
/** How long one that sends samples may be missing there. */
const unknownTime = 1_000;

/** One line of the list. */
class HostRow {
  readonly item: HTMLLIElement;
  private readonly link: HTMLAnchorElement;
  private readonly dot = element('span', { class: 'dot' });
  private readonly health = element('small');
  private readonly line = svgElement('polyline', {});
  private readonly area = svgElement('polygon', {});
  private readonly load = element('span', { class: 'load number' }, '–');
  private readonly gauges = {
    cpu: gauge('CPU'), memory: gauge('Memory'), disk: gauge('Disk'),
  };
  private readonly history: number[] = [];

  constructor(readonly id: string) {
    const name = element('span', { class: 'name' }, this.dot, element('span', {}, id, this.health));
    const spark = svgElement('svg', {
      class: 'spark', viewBox: `0 0 ${sparkPoints - 1} 100`, preserveAspectRatio: 'none', 'aria-hidden': 'true',
    }, this.area, this.line);
    this.link = element('a', { class: 'host', href: `#/agents/${encodeURIComponent(id)}` }, name);
    this.link.append(spark, ...Object.values(this.gauges).map(({ box }) => box), this.load);
    this.item = element('li', {}, this.link);
  }

  describe(agent: Agent): void {
    const health = agent.connected ? agent.health : 'offline';
    this.dot.dataset.health = health;
    this.link.toggleAttribute('data-offline', !agent.connected);
    const hostname = agent.hostname === agent.agent_id ? '' : `${agent.hostname} · `;
    setText(this.health, hostname + (health === 'unknown' ? 'connected' : health));
  }

  show({ cpu, memory, disks, load }: MetricsData, isSnapshot: boolean): void {
    const disk = fullest(disks);
    this.set('cpu', cpu?.usage_percent);
    this.set('memory', memory?.usage_percent);
    this.set('disk', disk);
    setText(this.load, MetricsFormatter.formatLoadAverage(load?.load1));
    if (!isSnapshot && cpu?.usage_percent != null) this.draw(cpu.usage_percent);
  }

  matches(words: string): boolean {
    return this.link.textContent?.toLowerCase().includes(words) ?? false;
  }

  private set(name: keyof HostRow['gauges'], percent: number | null | undefined): void {
    const { value, bar } = this.gauges[name];
    setText(value, MetricsFormatter.formatPercentage(percent));
    setBar(bar, percent);
  }

  private draw(percent: number): void {
    this.history.push(percent);
    if (this.history.length > sparkPoints) this.history.shift();
    const first = sparkPoints - this.history.length;
    const points = this.history.map((value, index) => `${first + index},${(98 - value * 0.96).toFixed(1)}`).join(' ');
    this.line.setAttribute('points', points);
    this.area.setAttribute('points', `${first},100 ${points} ${sparkPoints - 1},100`);
  }
}

function gauge(label: string): { box: HTMLElement; value: HTMLElement; bar: HTMLElement } {
  const value = element('span', { class: 'number' }, '–');
  const bar = element('i');
  const text = element('span', {}, element('span', { class: 'label' }, label), value);
  const box = element('span', { class: 'gauge' }, text, element('span', { class: 'bar', 'aria-hidden': 'true' }, bar));
  return { box, value, bar };
}

export function fullest(disks: MetricsData['disks']): number | null {
  const usages = (disks ?? []).map(({ usage_percent }) => usage_percent);
  const known = usages.filter((usage): usage is number => usage !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** All agents, live. */
export function showFleet(main: HTMLElement, life: ViewLife): void {
  const count = element('span', { class: 'quiet', role: 'status' });
  const search = element('input', { type: 'search', placeholder: 'Find a host', 'aria-label': 'Find a host' });
  const list = element('ul', { class: 'hosts', 'aria-label': 'Hosts' });
  const head = element('div', { class: 'hosts-head', 'aria-hidden': 'true' });
  for (const title of ['Host', '', 'CPU', 'Memory', 'Fullest disk']) head.append(element('span', {}, title));
  head.append(element('span', { class: 'load' }, 'Load'));
  const empty = element('p', { class: 'empty', hidden: '' });
  const end = element('div', { class: 'end' }, search);
  const title = element('div', { class: 'title' }, element('h1', {}, 'Fleet'), count, end);
  main.replaceChildren(title, element('section', { class: 'panel', 'aria-label': 'Hosts' }, head, list, empty));

  const rows = new Map<string, HostRow>();
  const filter = (): void => {
    const words = search.value.trim().toLowerCase();
    for (const row of rows.values()) row.item.hidden = !row.matches(words);
  };
  search.addEventListener('input', filter);

  let asked = 0;
  const refresh = async (): Promise<void> => {
    asked = Date.now();
    try {
      const { agents, total } = await call<{ agents: Agent[]; total: number }>('GET', `/agents?per_page=${listed}`);
      if (life.isOver) return;
      arrange(list, rows, agents);
      const connected = agents.filter((agent) => agent.connected).length;
      setText(count, `${connected} of ${total} connected`);
      head.hidden = agents.length === 0;
      empty.hidden = agents.length > 0;
      setText(empty, 'No host has connected yet. Start sluice-agent on one.');
      filter();
    } catch {
      // the state at the top of the page says that the gateway cannot be reached, and the next turn asks again
    }
  };

  life.every(5_000, () => { void refresh(); });

  const config = { interval: '2s', filters: ['cpu.usage_percent', 'memory.usage_percent', 'disks', 'load.load1'] };
  void life.follow(
    () => streams.subscribe({ stream_type: 'metrics', agent_id: '*', config }, { pausesWhenHidden: true }),
    (subscription) => subscription.on('metrics', (event: Envelope<MetricsData>) => {
      rows.get(event.agent_id)?.show(event.data, event.metadata.snapshot === true);
      if (!rows.has(event.agent_id) && Date.now() - asked > unknownTime) void refresh();
    }));
}

/** By name, those that are connected first; rows stay where nothing changes, and with them the focus. */
function arrange(list: HTMLElement, rows: Map<string, HostRow>, agents: Agent[]): void {
  const sorted = [...agents]
    .sort((a, b) => Number(b.connected) - Number(a.connected) || a.agent_id.localeCompare(b.agent_id));
  const known = new Set(agents.map(({ agent_id }) => agent_id));
  for (const [id, row] of rows) {
    if (known.has(id)) continue;
    row.item.remove();
    rows.delete(id);
  }
  sorted.forEach((agent, index) => {
    const row = rows.get(agent.agent_id) ?? new HostRow(agent.agent_id);
    rows.set(agent.agent_id, row);
    row.describe(agent);
    if (list.children[index] !== row.item) list.insertBefore(row.item, list.children[index] ?? null);
  });
}
