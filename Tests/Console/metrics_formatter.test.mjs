import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricsFormatter } from '../../.build-console/client/metrics-formatter.js';

const cases = {
  formatBytes: [[0, '0 B'], [1023, '1023 B'], [1024, '1 KB'], [1536, '1.5 KB'], [2 ** 40 * 3, '3 TB'], [2 ** 70, '1048576 PB'], [-2048, '-2 KB']],
  formatPercentage: [[0, '0.0%'], [12.345, '12.3%'], [100, '100.0%']],
  formatUptime: [[59, '0m'], [3_700, '1h 1m'], [90_061, '1d 1h']],
  formatLoadAverage: [[0.256, '0.26']],
  formatNetworkSpeed: [[0, '0 bps'], [125, '1 Kbps'], [125_000_000, '1 Gbps']],
  formatDiskIO: [[512, '512 B/s'], [1536, '1.5 KB/s']],
};

for (const [name, values] of Object.entries(cases)) {
  test(`${name} takes the largest unit`, () => {
    for (const [value, text] of values) assert.equal(MetricsFormatter[name](value), text);
  });
  test(`${name} of a value that a host does not have is a dash`, () => {
    for (const value of [null, undefined, NaN, Infinity]) assert.equal(MetricsFormatter[name](value), '–');
  });
}

test('details name every value, known or not', () => {
  const memory = { used_bytes: 1024, total_bytes: 2048, available_bytes: null, cached_bytes: 512, usage_percent: 50 };
  assert.equal(MetricsFormatter.formatMemoryDetails(memory), 'Used: 1 KB/2 KB (50.0%), Available: –, Cached: 512 B');
  const disk = { device: '/dev/vda', mount_point: '/', used_bytes: 1024, total_bytes: 4096, usage_percent: 25, read_bytes_per_sec: null, write_bytes_per_sec: 2048 };
  assert.equal(MetricsFormatter.formatDiskDetails(disk), '/dev/vda (/): 1 KB/4 KB (25.0%), Read: –, Write: 2 KB/s');
  assert.equal(MetricsFormatter.formatCpuCores([10, 20]), '15.0% avg (2 cores)');
  assert.equal(MetricsFormatter.formatCpuCores([]), '–');
});
