import type { DiskMetrics, MemoryMetrics } from './payloads.js';

type Value = number | null | undefined;

/** What is shown for a value that the host does not have. */
const nothing = '–';

/** Metrics as text. */
export class MetricsFormatter {
  static formatBytes(bytes: Value): string {
    return scaled(bytes, 1024, ['B', 'KB', 'MB', 'GB', 'TB', 'PB']);
  }

  static formatPercentage(percent: Value): string {
    return isKnown(percent) ? `${percent.toFixed(1)}%` : nothing;
  }

  static formatUptime(seconds: Value): string {
    if (!isKnown(seconds)) return nothing;
    const minutes = Math.floor(seconds / 60) % 60;
    const hours = Math.floor(seconds / 3_600) % 24;
    const days = Math.floor(seconds / 86_400);
    if (days > 0) return `${days}d ${hours}h`;
    return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m`;
  }

  static formatLoadAverage(load: Value): string {
    return isKnown(load) ? load.toFixed(2) : nothing;
  }

  /** @param timestamp Seconds since 1970. */
  static formatTimestamp(timestamp: Value): string {
    return isKnown(timestamp) ? new Date(timestamp * 1_000).toLocaleString() : nothing;
  }

  static formatNetworkSpeed(bytesPerSecond: Value): string {
    return scaled(isKnown(bytesPerSecond) ? bytesPerSecond * 8 : null, 1000, ['bps', 'Kbps', 'Mbps', 'Gbps', 'Tbps']);
  }

  static formatDiskIO(bytesPerSecond: Value): string {
    return scaled(bytesPerSecond, 1024, ['B/s', 'KB/s', 'MB/s', 'GB/s', 'TB/s']);
  }

  static formatCpuCores(coreUsage: number[] | undefined): string {
    if (coreUsage === undefined || coreUsage.length === 0) return nothing;
    const average = coreUsage.reduce((sum, usage) => sum + usage, 0) / coreUsage.length;
    return `${average.toFixed(1)}% avg (${coreUsage.length} cores)`;
  }

  static formatMemoryDetails(memory: MemoryMetrics): string {
    const bytes = MetricsFormatter.formatBytes;
    return `Used: ${bytes(memory.used_bytes)}/${bytes(memory.total_bytes)} `
      + `(${MetricsFormatter.formatPercentage(memory.usage_percent)}), Available: ${bytes(memory.available_bytes)}, `
      + `Cached: ${bytes(memory.cached_bytes)}`;
  }

  static formatDiskDetails(disk: DiskMetrics): string {
    const bytes = MetricsFormatter.formatBytes;
    const speed = MetricsFormatter.formatDiskIO;
    return `${disk.device ?? nothing} (${disk.mount_point ?? nothing}): ${bytes(disk.used_bytes)}/${bytes(disk.total_bytes)} `
      + `(${MetricsFormatter.formatPercentage(disk.usage_percent)}), Read: ${speed(disk.read_bytes_per_sec)}, `
      + `Write: ${speed(disk.write_bytes_per_sec)}`;
  }
}

function isKnown(value: Value): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** In the largest unit of which there is at least one. */
function scaled(value: Value, step: number, units: string[]): string {
  if (!isKnown(value)) return nothing;
  let size = Math.abs(value);
  let unit = 0;
  while (size >= step && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  const text = unit === 0 ? size.toFixed(0) : String(Number(size.toFixed(1)));
  return `${value < 0 ? '-' : ''}${text} ${units[unit]}`;
}
