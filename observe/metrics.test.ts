import { describe, expect, test } from 'vitest';
import type { Clock } from '../model/time.ts';
import { Meter } from './meter.ts';
import { Metrics } from './metrics.ts';
import { metricsJson } from './metricsJson.ts';
import { prometheusName, prometheusText } from './prometheus.ts';
import { Timer } from './timer.ts';

class StillClock implements Clock {
  at = () => () => {};
  time = 0;
  now = () => this.time;
  monotonic = () => this.time;
}

const NOTHING = { counters: {}, gauges: {} };

describe('a meter', () => {
  test('counts, and forgets how fast', () => {
    const meter = new Meter(0);
    for (let i = 0; i < 50; i += 1) meter.mark(1_000);
    expect(meter.rates(1_000)).toEqual({ count: 50, mean: 50, m1: 0, m5: 0, m15: 0 });
    const afterTick = meter.rates(5_000);
    expect([afterTick.mean, afterTick.m1, afterTick.m15]).toEqual([10, 10, 10]);
    const later = meter.rates(65_000);
    // One minute without events: the one-minute rate falls to 1/e of what it was.
    expect(later.m1).toBeCloseTo(10 / Math.E, 5);
    expect(later.m15).toBeGreaterThan(later.m5);
  });

  test('is not slow after a long silence', () => {
    const meter = new Meter(0);
    meter.mark(0);
    const begin = performance.now();
    expect(meter.rates(1e12).m1).toBeLessThan(1e-9);
    expect(performance.now() - begin).toBeLessThan(50);
  });
});

describe('a timer', () => {
  test('tells quantiles of the last seconds, in seconds', () => {
    const timer = new Timer(0);
    for (let i = 1; i <= 1_000; i += 1) timer.record(i, 1_000);
    const snapshot = timer.snapshot(1_000);
    expect(snapshot.count).toBe(1_000);
    expect(snapshot.min).toBeCloseTo(0.001, 3);
    expect(snapshot.max).toBeCloseTo(1, 2);
    expect(snapshot.average).toBeCloseTo(0.5, 2);
    const [p50, , , , p99] = snapshot.quantiles;
    expect(p50).toBeCloseTo(0.5, 2);
    expect(p99).toBeCloseTo(0.99, 2);
  });

  test('what is older than the window and the one before no longer counts, but for the number', () => {
    const timer = new Timer(0);
    timer.record(500, 0);
    timer.record(10, 6_000);
    expect(timer.snapshot(6_000).max).toBeCloseTo(0.5, 2);
    expect(timer.snapshot(12_000).max).toBeCloseTo(0.01, 3);
    expect(timer.snapshot(60_000)).toMatchObject({ count: 2, min: 0, max: 0, average: 0, stddev: 0 });
  });
});

describe('Prometheus text', () => {
  test.each([
    ['marathon.apps.active.gauge', 'marathon_apps_active_gauge'],
    ['marathon.mesos.task-updates.task-running.counter', 'marathon_mesos_task_updates_task_running_counter'],
    ['a b/ü', 'a_b__'],
  ])('%s is called %s', (name, expected) => {
    expect(prometheusName(name)).toBe(expected);
  });

  const clock = new StillClock();
  const metrics = new Metrics('marathon', clock);
  const text = prometheusText(metrics, { counters: { 'tasks.launched.counter': 2 }, gauges: { 'apps.active.gauge': Number.NaN } });

  test('has a block and an empty line per metric', () => {
    expect(text.startsWith('# TYPE marathon_apps_active_gauge gauge\nmarathon_apps_active_gauge 0.0\n\n# TYPE ')).toBe(true);
    expect(text).toContain('\n\n# TYPE marathon_tasks_launched_counter counter\nmarathon_tasks_launched_counter 2\n\n');
    expect(text.endsWith('\n\n')).toBe(true);
  });

  test('shows a timer as Marathon does', () => {
    const begin = text.indexOf('# TYPE marathon_http_requests_duration_timer_seconds summary');
    expect(text.slice(begin, text.indexOf('\n\n', begin))).toBe(
      [
        '# TYPE marathon_http_requests_duration_timer_seconds summary',
        ...['0.5', '0.75', '0.95', '0.98', '0.99', '0.999'].map(
          (quantile) => `marathon_http_requests_duration_timer_seconds{quantile="${quantile}"} 0.000000`,
        ),
        'marathon_http_requests_duration_timer_seconds_count 0',
        ...['min', 'mean', 'max', 'stddev', 'mean_rate', 'm1_rate', 'm5_rate', 'm15_rate'].flatMap((name) => [
          `# TYPE marathon_http_requests_duration_timer_seconds_${name} gauge`,
          `marathon_http_requests_duration_timer_seconds_${name} 0.0`,
        ]),
      ].join('\n'),
    );
  });

  test('every line is one that Prometheus reads', () => {
    for (const line of text.split('\n')) {
      expect(line).toMatch(
        /^(?:|# TYPE [a-zA-Z_][a-zA-Z0-9_]* (?:gauge|counter|summary)|[a-zA-Z_][a-zA-Z0-9_]*(?:\{quantile="[\d.]+"\})? -?[\d.]+(?:e[-+]?\d+)?)$/,
      );
    }
  });
});

test('JSON has Dropwizard’s form', () => {
  const clock = new StillClock();
  const metrics = new Metrics('m', clock);
  metrics.requestStarted();
  clock.time = 100;
  metrics.requestEnded('PROPFIND', 405, 100, 10, 20);
  const json = JSON.parse(metricsJson(metrics, NOTHING)) as Record<string, Record<string, Record<string, unknown>>>;
  expect(json.meters?.['m.http.responses.4xx.rate.meter']).toEqual({
    count: 1,
    m15_rate: 0,
    m1_rate: 0,
    m5_rate: 0,
    mean_rate: 10,
    units: 'events/second',
  });
  expect(Object.keys(json.timers?.['m.http.requests.other.duration.timer.seconds'] ?? {})).toEqual([
    'count',
    'max',
    'mean',
    'min',
    'p50',
    'p75',
    'p95',
    'p98',
    'p99',
    'p999',
    'stddev',
    'm15_rate',
    'm1_rate',
    'm5_rate',
    'mean_rate',
    'duration_units',
    'rate_units',
  ]);
  expect(json.counters?.['m.http.requests.size.counter.bytes']).toEqual({ count: 10 });
  expect(json.gauges?.['m.http.requests.active.gauge']).toEqual({ value: 0 });
  expect(json.gauges?.['m.uptime.gauge.seconds']).toEqual({ value: 0.1 });
});
