import { namedValues, byName, type Metrics, type Samples } from './metrics.ts';
import { QUANTILES } from './timer.ts';

const PERCENTILE_NAMES = QUANTILES.map((quantile) => `p${String(quantile).slice(2).padEnd(2, '0')}`);

/** The metrics as Marathon's `GET /metrics` shows them (Dropwizard's JSON form, version 4.0.0). */
export function metricsJson(metrics: Metrics, samples: Samples): string {
  const { counters, gauges } = namedValues(metrics, samples);
  const now = metrics.clock.monotonic();
  const meters = [...metrics.meters].sort(byName).map(([name, meter]) => {
    const { count, m1, m5, m15, mean } = meter.rates(now);
    return [
      `${metrics.prefix}.${name}`,
      { count, m15_rate: m15, m1_rate: m1, m5_rate: m5, mean_rate: mean, units: 'events/second' },
    ] as const;
  });
  const timers = [...metrics.timers].sort(byName).map(([name, timer]) => {
    const { count, min, max, average, stddev, quantiles, m1, m5, m15, mean } = timer.snapshot(now);
    const percentiles = Object.fromEntries(PERCENTILE_NAMES.map((percentile, index) => [percentile, quantiles[index] ?? 0]));
    const rates = { m15_rate: m15, m1_rate: m1, m5_rate: m5, mean_rate: mean };
    const value = {
      count,
      max,
      mean: average,
      min,
      ...percentiles,
      stddev,
      ...rates,
      duration_units: 'seconds',
      rate_units: 'calls/second',
    };
    return [`${metrics.prefix}.${name}`, value] as const;
  });
  return JSON.stringify({
    version: '4.0.0',
    counters: Object.fromEntries(counters.map(([name, count]) => [name, { count }])),
    gauges: Object.fromEntries(gauges.map(([name, value]) => [name, { value }])),
    histograms: {},
    meters: Object.fromEntries(meters),
    timers: Object.fromEntries(timers),
  });
}
