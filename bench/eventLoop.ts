/**
 * Measures, inside the process that is started with `--import` of this file, how late its event loop is. On SIGUSR2 it writes
 * what it saw since the last time to the file $LONGRUN_BENCH_LOOP names, and starts anew.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** The histogram counts its own interval in: taken off again. */
const RESOLUTION_MS = 1;

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

function watch(file: string): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  histogram.enable();
  process.on('SIGUSR2', () => {
    const seen: LoopDelay = { p50Ms: late(histogram.percentile(50)), p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max) };
    writeFileSync(`${file}.new`, JSON.stringify(seen));
    renameSync(`${file}.new`, file);
    histogram.reset();
  });
}

const file = process.env['LONGRUN_BENCH_LOOP'];
if (isMainThread && file !== undefined) watch(file);
