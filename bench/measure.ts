/** Numbers and tables: nothing here knows what is measured. */

/** The value below which the share `q` (0..1) of the samples lies, nearest rank. NaN when there are none. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Short and readable: three significant digits, thousands with a comma. */
export function show(value: number, unit = ''): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const text = value.toLocaleString('en-US', { maximumFractionDigits: Math.min(3, digits) });
  return unit === '' ? text : `${text} ${unit}`;
}

/** `median (least – most)`: rounds are few, so that the whole spread is said. */
export function spread(samples: readonly number[], unit: string): string {
  if (samples.length === 0) return '–';
  if (samples.length === 1) return show(samples[0]!, unit);
  return `${show(median(samples), unit)} (${show(Math.min(...samples))} – ${show(Math.max(...samples))})`;
}

/** `1.7 ×`, of medians; a dash where one is missing. */
export function ratio(of: readonly number[], to: readonly number[]): string {
  return of.length === 0 || to.length === 0 ? '–' : `${show(median(of) / median(to))} ×`;
}

/** A table in Markdown, its columns aligned, so that it reads as well on a terminal as in the README. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** What is timed: milliseconds from before the first call of `work` to its end. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

export const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** Looks every `every` ms until `look` gives something; throws with what it waited for after `within` ms. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  { every = 5, within = 60_000 } = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${within} ms in vain for ${what}`);
    await sleep(every);
  }
}
