/**
 * Runs every part of `npm test` in order and ends with one line, `N passed, N failed`: each static check counts as one, then each test.
 * With arguments, only the parts they name: `npm test -- lint unit`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

interface Part {
  readonly name: string;
  readonly run: () => Promise<Count>;
}

/** The whole run has to end within 25 minutes; a part that would go beyond is stopped and counts as failed. */
const RUN_MAX_MS = 24 * 60_000;

const startedAt = performance.now();
const scratch = mkdtempSync(join(tmpdir(), 'longrun-test-'));

const parts: readonly Part[] = [
  { name: 'lint', run: () => check('oxlint', '--type-aware', '--deny-warnings') },
  { name: 'format', run: () => check('oxfmt', '--check', '.') },
  { name: 'types', run: () => check('tsc', '-p', '.') },
  { name: 'page-types', run: () => check('tsc', '-p', 'ui') },
  { name: 'dead-code', run: () => check('knip') },
  { name: 'borders', run: () => tests('borders') },
  { name: 'unit', run: () => tests('unit') },
  { name: 'e2e', run: () => tests('e2e') },
];

/** Runs a program with our output; resolves with its exit code, null when it was stopped for lack of time. */
function execute(command: string, args: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => {
    // Its own process group, so that stopping it reaches what it started.
    const child = spawn(command, args, { stdio: 'inherit', detached: true });
    const stop = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // Already gone.
      }
    };
    let outOfTime = false;
    const timer = setTimeout(
      () => {
        outOfTime = true;
        console.error(`longrun: ${command} is stopped: the run may take ${RUN_MAX_MS / 60_000} minutes`);
        stop('SIGKILL');
      },
      Math.max(1_000, RUN_MAX_MS - (performance.now() - startedAt)),
    );
    const interrupted = (signal: NodeJS.Signals): void => {
      stop(signal);
      rmSync(scratch, { recursive: true, force: true });
      process.exit(130);
    };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    const end = (code: number | null): void => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      resolve(outOfTime ? null : (code ?? 1));
    };
    child.once('error', (error) => {
      console.error(`longrun: cannot start ${command}: ${error.message}`);
      end(1);
    });
    child.once('exit', end);
  });
}

async function check(command: string, ...args: readonly string[]): Promise<Count> {
  const code = await execute(command, args);
  return code === 0 ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] };
}

async function tests(project: string): Promise<Count> {
  const report = join(scratch, `${project}.json`);
  const code = await execute('vitest', [
    'run',
    `--project=${project}`,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const count = readReport(report);
  // A program that fails although no test did (an error outside of tests, a file that does not load, no time left) is a failure too.
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function readReport(path: string): Count {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const file of listIn(report, 'testResults')) {
    const results = listIn(file, 'assertionResults');
    if (results.length === 0 && textIn(file, 'status') === 'failed') failed += 1;
    for (const result of results) {
      const status = textIn(result, 'status');
      if (status === 'passed') passed += 1;
      else if (status === 'failed') failed += 1;
      else skipped.push(textIn(result, 'fullName'));
    }
  }
  return { passed, failed, skipped };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = fieldOf(value, key);
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, key: string): string {
  const text = fieldOf(value, key);
  return typeof text === 'string' ? text : '';
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(`longrun: no such part: ${unknown.join(', ')}; there are ${parts.map((part) => part.name).join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const rows: string[] = [];
for (const part of parts) {
  if (wanted.length > 0 && !wanted.includes(part.name)) continue;
  console.log(`\n── ${part.name}`);
  const before = performance.now();
  const count = await part.run();
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  passed += count.passed;
  failed += count.failed;
  for (const name of count.skipped) console.log(`skipped: ${name}`);
  rows.push(`${part.name.padEnd(12)}${seconds.padStart(8)} s   ${count.passed} passed, ${count.failed} failed`);
}
rmSync(scratch, { recursive: true, force: true });

console.log(`\n${rows.join('\n')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
