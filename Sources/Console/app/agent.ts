import { MetricsFormatter, type Agent, type Envelope, type MetricsData, type SystemInfo } from '../client/sluice.js';
import { loadCharts } from './chart-library.js';
import { CommandPanel } from './command.js';
import { element, setBar } from './dom.js';
import { fullest } from './fleet.js';
import { LiveChart } from './live-chart.js';
import { call, streams } from './session.js';
import { ViewLife } from './view.js';

const intervals = [
  ['100ms', '10 × per second'], ['500ms', 'every 0.5 s'], ['1s', 'every second'], ['5s', 'every 5 s'],
];
/** No eye needs more, and a chart costs a few milliseconds. */
const drawTime = 250;
/** Values that are older are no part of the same line. */
const recentTime = 10_000;

const percent = (value: number): string => `${Math.round(value)} %`;

/** One value with a bar under it. */
class Tile {
  readonly box: HTMLElement;
  private readonly value = element('dd', { class: 'number' }, '–');
  private readonly bar = element('i');

  constructor(label: string, readonly id: string) {
    this.value.id = id;
    const bar = element('div', { class: 'bar', 'aria-hidden': 'true' }, this.bar);
    this.box = element('dl', { class: 'panel tile' }, element('dt', {}, label), this.value, bar);
  }

  set(text: string, detail: string, share: number | null | undefined): void {
    this.value.replaceChildren(text, element('small', {}, detail));
    setBar(this.bar, share);
  }
}

/** The charts and tiles of an agent's metrics. */
class MetricsBoard {
  readonly tiles = element('div', { class: 'tiles' });
  readonly charts = element('div', { class: 'charts' });
  private readonly cpu = new Tile('CPU', 'cpu');
  private readonly memory = new Tile('Memory', 'memory');
  private readonly disk = new Tile('Fullest disk', 'disk');
  private readonly load = new Tile('Load', 'load');
  private readonly cpuChart = new LiveChart({
    title: 'CPU', series: ['user', 'system', 'waiting for disks'], format: percent, maximum: 100, isStacked: true,
  });
  private readonly memoryChart = new LiveChart({
    title: 'Memory', series: ['used', 'swap'], format: percent, maximum: 100,
  });
  private readonly networkChart = new LiveChart({
    title: 'Network', series: ['received', 'sent'], format: MetricsFormatter.formatNetworkSpeed,
  });
  private readonly diskChart = new LiveChart({
    title: 'Disks', series: ['read', 'written'], format: MetricsFormatter.formatDiskIO,
  });
  private snapshot: { at: number; data: MetricsData } | undefined;
  /** Time of the last event, and when it came. */
  private newest = 0;
  private arrived = 0;
  private readonly all = [this.cpuChart, this.memoryChart, this.networkChart, this.diskChart];

  constructor(life: ViewLife, notice: HTMLElement) {
    this.tiles.append(this.cpu.box, this.memory.box, this.disk.box, this.load.box);
    this.charts.append(...this.all.map(({ box }) => box));
    loadCharts().then((Chart) => {
      if (life.isOver) return;
      for (const chart of this.all) chart.start(Chart);
      life.atEnd(() => { for (const chart of this.all) chart.destroy(); });
      life.every(drawTime, () => this.draw());
    }, () => {
      this.charts.hidden = true;
      notice.hidden = false;
    });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const paint = (): void => { for (const chart of this.all) chart.paint(); };
    scheme.addEventListener('change', paint);
    life.atEnd(() => scheme.removeEventListener('change', paint));
  }

  show({ timestamp, data, metadata }: Envelope<MetricsData>): void {
    const { cpu, memory, load } = data;
    const { formatBytes: bytes, formatPercentage: share, formatLoadAverage: average } = MetricsFormatter;
    const cores = cpu?.core_usage?.length ?? 0;
    this.cpu.set(share(cpu?.usage_percent), cores > 0 ? `${cores} cores` : '', cpu?.usage_percent);
    this.memory.set(share(memory?.usage_percent), `of ${bytes(memory?.total_bytes)}`, memory?.usage_percent);
    const disk = (data.disks ?? []).find(({ usage_percent }) => usage_percent === fullest(data.disks));
    this.disk.set(share(disk?.usage_percent), disk?.mount_point ?? '', disk?.usage_percent);
    const ofCores = load?.load1 == null || cores === 0 ? null : (load.load1 / cores) * 100;
    this.load.set(average(load?.load1), `${average(load?.load5)} · ${average(load?.load15)}`, ofCores);
    if (metadata.snapshot === true) this.snapshot = { at: Date.parse(timestamp), data };
    else this.plotLive(Date.parse(timestamp), data);
  }

  /** With the last known values before the first live ones, where they are recent, there is a line at once. */
  private plotLive(at: number, data: MetricsData): void {
    const { snapshot } = this;
    this.snapshot = undefined;
    if (snapshot !== undefined && at - snapshot.at < recentTime) this.plot(snapshot.at, snapshot.data);
    this.plot(at, data);
  }

  private plot(at: number, { cpu, memory, network_interfaces: networks = [], disks = [] }: MetricsData): void {
    const outside = networks.filter((network) => network.interface !== 'lo');
    this.cpuChart.add(at, [cpu?.user_percent, cpu?.system_percent, cpu?.iowait_percent]);
    this.memoryChart.add(at, [memory?.usage_percent, memory?.swap_usage_percent]);
    this.networkChart.add(at, [sum(outside, 'bytes_recv_per_sec'), sum(outside, 'bytes_sent_per_sec')]);
    this.diskChart.add(at, [sum(disks, 'read_bytes_per_sec'), sum(disks, 'write_bytes_per_sec')]);
    this.newest = at;
    this.arrived = Date.now();
  }

  /** By the clock of the gateway, which goes on from its last event. */
  private draw(): void {
    const now = Date.now();
    for (const chart of this.all) chart.draw(this.newest === 0 ? now : this.newest + (now - this.arrived));
  }
}

/** Null where nothing is known. A device that is mounted twice counts once. */
function sum<Item extends object>(items: Item[], name: keyof Item): number | null {
  const seen = new Set<unknown>();
  let total: number | null = null;
  for (const item of items) {
    const device = (item as { device?: unknown }).device ?? item;
    const value = item[name];
    if (seen.has(device) || typeof value !== 'number') continue;
    seen.add(device);
    total = (total ?? 0) + value;
  }
  return total;
}

/** One agent: what it is, how it is, and a command line. */
export function showAgent(main: HTMLElement, life: ViewLife, id: string): void {
  const dot = element('span', { class: 'dot' });
  const facts = element('p', { class: 'facts' });
  const interval = element('select', { id: 'interval', 'aria-label': 'How often' });
  for (const [value, text] of intervals) interval.append(new Option(text, value, value === '1s', value === '1s'));
  const notice = element('p', { class: 'notice', hidden: '' },
    'For charts, install Chart.js on the gateway’s machine and load this page again: ',
    element('code', {}, 'apt install libjs-chart.js'));
  const board = new MetricsBoard(life, notice);
  const command = new CommandPanel(id, life);
  const end = element('div', { class: 'end' }, interval);
  const title = element('div', { class: 'title' }, dot, element('h1', {}, id), end);
  main.replaceChildren(title, facts, notice, board.tiles, board.charts, command.box);

  life.every(5_000, () => {
    call<Agent>('GET', `/agents/${encodeURIComponent(id)}`).then((agent) => {
      dot.dataset.health = agent.connected ? agent.health : 'offline';
      dot.title = agent.connected ? agent.health : 'offline';
    }, () => undefined); // the state at the top of the page tells
  });
  void describe(facts, id);

  let part = new ViewLife();
  life.atEnd(() => part.end());
  const watch = (): void => {
    part.end();
    part = new ViewLife();
    const request = { stream_type: 'metrics' as const, agent_id: id, config: { interval: interval.value } };
    void part.follow(
      () => streams.subscribe(request, { pausesWhenHidden: true }),
      (subscription) => subscription.on('metrics', (event) => board.show(event)));
  };
  interval.addEventListener('change', watch);
  watch();
}

async function describe(facts: HTMLElement, id: string): Promise<void> {
  const info = await call<SystemInfo>('GET', `/agents/${encodeURIComponent(id)}/system`).catch(() => undefined);
  const { software, hardware } = info ?? {};
  const texts = [
    software?.hostname !== id ? software?.hostname : undefined, software?.os?.distribution || software?.os?.name,
    software?.os?.kernel_version && `Linux ${software.os.kernel_version}`, hardware?.cpu?.model,
    hardware?.memory && `${MetricsFormatter.formatBytes(hardware.memory.total_bytes)} memory`,
    software && `up ${MetricsFormatter.formatUptime(software.uptime_seconds)}`,
  ];
  for (const text of texts) if (text) facts.append(element('span', {}, text));
}
