import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ProbeResult, Prober } from '../../model/probe.ts';
import type { Clock } from '../../model/time.ts';
import { Listener } from '../suite.ts';
import { createLocalEngine, type LocalEngine } from './localEngine.ts';
import type { LocalEngineOptions } from './options.ts';
import { lookUp } from './processes.ts';

/** The host's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  at(when, wake) {
    const timer = setTimeout(wake, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
};

/** Answers every probe with what `answer` says at that moment. */
export function fakeProber(answer: () => ProbeResult): Prober {
  return {
    probe(_target, _timeout, done) {
      const timer = setTimeout(() => done(answer()), 1);
      return () => clearTimeout(timer);
    },
  };
}

/** A data folder for one test, passable for other users. */
export function makeDataDir(): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'longrun-engine-'));
  fs.chmodSync(folder, 0o755);
  return folder;
}

/** An engine with room for many small tasks; `more` overrides. */
export function makeEngine(dataDir: string, more: Partial<LocalEngineOptions> = {}): LocalEngine {
  return createLocalEngine({
    dataDir,
    hostname: 'test.host',
    resources: 'cpus:1000;mem:100000;disk:100000;ports:[21000-23999]',
    attributes: 'rack:r1',
    defaultUser: null,
    clock: systemClock,
    prober: fakeProber(() => ({ is: 'connected' })),
    log: () => undefined,
    ...more,
  });
}

/** An engine that listens, on a data folder of its own; `close` kills everything and removes the folder. */
export interface TestWorld {
  readonly dataDir: string;
  ear: Listener;
  /** Stops without touching tasks, and starts the next engine on the same folder. */
  restart(more?: Partial<LocalEngineOptions>): Promise<void>;
  close(): Promise<void>;
}

export function makeWorld(more: Partial<LocalEngineOptions> = {}): TestWorld & { readonly engine: () => LocalEngine } {
  const dataDir = makeDataDir();
  let engine = makeEngine(dataDir, more);
  return {
    dataDir,
    ear: new Listener(engine).start(),
    engine: () => engine,
    async restart(others = more) {
      await engine.stop({ tasks: 'leave' });
      engine = makeEngine(dataDir, others);
      this.ear = new Listener(engine).start();
    },
    async close() {
      await engine.stop({ tasks: 'kill' });
      fs.rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Looks again and again until `look` finds something; rejects, naming `what`, after a deadline. */
export async function eventually<T>(what: string, look: () => T | null | undefined | false, deadlineMs = 10_000): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The text of a file; null while it is not there or empty. */
export function textOf(file: string): string | null {
  try {
    const text = fs.readFileSync(file, 'utf8');
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

/** True while the process lives (and is no zombie). */
export function lives(pid: number): boolean {
  const found = lookUp(pid);
  return found !== null && !found.zombie;
}
