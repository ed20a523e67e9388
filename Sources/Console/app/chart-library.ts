/** What the console uses of Chart.js 3, which the gateway's machine may have. */
export interface ChartPoint {
  x: number;
  y: number | null;
}

export interface ChartDataset {
  data: ChartPoint[];
  borderColor: string;
  backgroundColor: string;
  [option: string]: unknown;
}

export interface ChartInstance {
  data: { datasets: ChartDataset[] };
  options: any;
  update(mode: 'none'): void;
  destroy(): void;
}

export type ChartConstructor = new (canvas: HTMLCanvasElement, configuration: unknown) => ChartInstance;

let loading: Promise<ChartConstructor> | undefined;

/** Rejected where the gateway's machine does not have it. */
export function loadCharts(): Promise<ChartConstructor> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = 'assets/chart.js';
    script.addEventListener('load', () => resolve((globalThis as unknown as { Chart: ChartConstructor }).Chart));
    script.addEventListener('error', () => {
      loading = undefined;
      reject(new Error('no Chart.js'));
    });
    document.head.append(script);
  });
  return loading;
}
