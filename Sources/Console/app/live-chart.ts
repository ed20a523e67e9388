import type { ChartConstructor, ChartDataset, ChartInstance } from './chart-library.js';
import { element } from './dom.js';

export interface LiveChartOptions {
  title: string;
  series: string[];
  /** A value of the axis as text. */
  format: (value: number) => string;
  /** Fixed end of the axis; without it, it follows the values. */
  maximum?: number;
  isStacked?: boolean;
}

/** What a chart shows, back from the newest value; less while there is less. */
const shownTime = 120_000;
const shortestTime = 30_000;
/** Values of one series; of more, the oldest go. */
const maximumPoints = 1_300;

/** The last two minutes of some values. Draws nothing by itself: `draw` is called when it is time. */
export class LiveChart {
  readonly box: HTMLElement;
  private readonly canvas = element('canvas', { role: 'img' });
  private readonly points: ChartDataset['data'][];
  private chart: ChartInstance | undefined;

  constructor(private readonly options: LiveChartOptions) {
    const legend = element('span', { class: 'legend' });
    if (options.series.length > 1) for (const name of options.series) legend.append(element('span', {}, name));
    this.canvas.setAttribute('aria-label', `${options.title}, the last two minutes`);
    const top = element('div', { class: 'top' }, element('h2', {}, options.title), legend);
    this.box = element('section', { class: 'panel chart' }, top, element('div', { class: 'plot' }, this.canvas));
    this.points = options.series.map(() => []);
  }

  /** @param at Milliseconds. A null makes a hole in its line. */
  add(at: number, values: (number | null | undefined)[]): void {
    this.points.forEach((points, index) => {
      points.push({ x: at, y: values[index] ?? null });
      const firstShown = points.findIndex(({ x }) => x >= at - shownTime - 5_000);
      const gone = Math.max(firstShown, points.length - maximumPoints);
      if (gone > 0) points.splice(0, gone);
    });
  }

  start(Chart: ChartConstructor): void {
    const datasets = this.points.map((data, index) => ({
      data, borderColor: '', backgroundColor: '', borderWidth: 1.5, pointRadius: 0, tension: 0.2, normalized: true,
      fill: this.options.isStacked && index > 0 ? '-1' : 'origin',
    }));
    this.chart = new Chart(this.canvas, { type: 'line', data: { datasets }, options: this.chartOptions() });
    this.paint();
    this.draw(Date.now());
  }

  draw(now: number): void {
    if (this.chart === undefined) return;
    const known = now - (this.points[0][0]?.x ?? now);
    this.chart.options.scales.x.min = now - Math.min(shownTime, Math.max(shortestTime, known));
    this.chart.options.scales.x.max = now;
    this.chart.update('none');
  }

  /** Takes the colours of the page, which follow the system's. */
  paint(): void {
    if (this.chart === undefined) return;
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    this.chart.data.datasets.forEach((dataset, index) => {
      dataset.borderColor = color(`--series-${index + 1}`);
      dataset.backgroundColor = `${color(`--series-${index + 1}`)}22`;
    });
    for (const axis of [this.chart.options.scales.x, this.chart.options.scales.y]) {
      axis.ticks.color = color('--quiet');
      axis.grid.color = color('--line');
    }
    this.chart.update('none');
  }

  destroy(): void {
    this.chart?.destroy();
  }

  private chartOptions(): unknown {
    const { format, maximum, isStacked = false } = this.options;
    const seconds = (value: number): string => (value === 0 ? 'now' : `${value / 1_000} s`);
    const ticks = { font: { size: 11 }, maxRotation: 0 };
    return {
      animation: false, parsing: false, responsive: true, maintainAspectRatio: false, events: [],
      layout: { padding: 0 },
      plugins: { legend: { display: false }, tooltip: { enabled: false } },
      scales: {
        x: {
          type: 'linear', grid: { display: false, drawBorder: false },
          // Counted back from the newest, at full half minutes.
          afterBuildTicks: (axis: any) => {
            const ticks = [-120, -90, -60, -30, 0].map((back) => ({ value: axis.max + back * 1_000 }));
            axis.ticks = ticks.filter(({ value }) => value >= axis.min);
          },
          ticks: {
            ...ticks, align: 'inner',
            callback(this: any, value: number) { return seconds(Math.round(value - this.max)); },
          },
        },
        y: {
          type: 'linear', stacked: isStacked, min: 0, max: maximum, suggestedMax: maximum === undefined ? 1_000 : undefined,
          grid: { drawBorder: false }, border: { display: false },
          ticks: { ...ticks, maxTicksLimit: 5, callback: format, padding: 6 },
          afterFit: (axis: any) => { axis.width = 76; },
        },
      },
    };
  }
}
