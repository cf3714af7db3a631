import { byName, namedValues, type Metrics, type Samples } from './metrics.ts';
import type { Rates } from './meter.ts';
import { QUANTILES } from './timer.ts';

/**
 * The metrics as Prometheus reads them, in the layout of Marathon's `/metrics/prometheus`: a block and an empty line per metric;
 * gauges, counters, meters, timers, each in order of name.
 */
export function prometheusText(metrics: Metrics, samples: Samples): string {
  const { counters, gauges } = namedValues(metrics, samples);
  const now = metrics.clock.monotonic();
  const blocks: string[][] = [
    ...gauges.map(([name, value]) => plain(prometheusName(name), 'gauge', number(value))),
    ...counters.map(([name, value]) => plain(prometheusName(name), 'counter', number(value))),
    ...[...metrics.meters].sort(byName).map(([name, meter]) => {
      const full = prometheusName(`${metrics.prefix}.${name}`);
      const rates = meter.rates(now);
      return [...plain(`${full}_count`, 'gauge', number(rates.count)), ...rateLines(full, rates)];
    }),
    ...[...metrics.timers].sort(byName).map(([name, timer]) => {
      const full = prometheusName(`${metrics.prefix}.${name}`);
      const snapshot = timer.snapshot(now);
      return [
        `# TYPE ${full} summary`,
        ...QUANTILES.map((quantile, index) => `${full}{quantile="${quantile}"} ${(snapshot.quantiles[index] ?? 0).toFixed(6)}`),
        `${full}_count ${number(snapshot.count)}`,
        ...plain(`${full}_min`, 'gauge', fraction(snapshot.min)),
        ...plain(`${full}_mean`, 'gauge', fraction(snapshot.average)),
        ...plain(`${full}_max`, 'gauge', fraction(snapshot.max)),
        ...plain(`${full}_stddev`, 'gauge', fraction(snapshot.stddev)),
        ...rateLines(full, snapshot),
      ];
    }),
  ];
  return blocks.map((lines) => `${lines.join('\n')}\n\n`).join('');
}

/** Marathon: every character that Prometheus does not take becomes `_`. */
export function prometheusName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

function rateLines(name: string, rates: Rates): string[] {
  return [
    ...plain(`${name}_mean_rate`, 'gauge', fraction(rates.mean)),
    ...plain(`${name}_m1_rate`, 'gauge', fraction(rates.m1)),
    ...plain(`${name}_m5_rate`, 'gauge', fraction(rates.m5)),
    ...plain(`${name}_m15_rate`, 'gauge', fraction(rates.m15)),
  ];
}

function plain(name: string, type: string, value: string): string[] {
  return [`# TYPE ${name} ${type}`, `${name} ${value}`];
}

/** Marathon: what is not a number reads 0.0. */
function number(value: number): string {
  return Number.isFinite(value) ? String(value) : '0.0';
}

/** A measured quantity: always with a fraction, as the original prints its doubles. */
function fraction(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : number(value);
}
