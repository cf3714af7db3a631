import fs from 'node:fs';
import { promisify } from 'node:util';

/*
 * The callback functions of node:fs with promises around them: about half the cost on the event loop of node:fs/promises,
 * which matters for thousands of launches a second. All work is done on other threads.
 */
export const mkdir = promisify(fs.mkdir);
export const readdir: (path: string) => Promise<string[]> = promisify(
  (path: string, done: (error: Error | null, names: string[]) => void) => {
    fs.readdir(path, done);
  },
);
export const rename = promisify(fs.rename);
export const symlink = promisify(fs.symlink);
export const chown = promisify(fs.chown);
export const chmod = promisify(fs.chmod);
export const stat = promisify(fs.stat);
export const lstat = promisify(fs.lstat);
export const statfs = promisify(fs.statfs);
export const rmdir: (path: string) => Promise<void> = promisify((path: string, done: (error: Error | null) => void) => {
  fs.rmdir(path, done);
});
const unlinkFile = promisify(fs.unlink);

/** Writes a file anew; `mode` counts when it did not exist. */
export function writeFile(path: string, text: string, mode = 0o644): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.writeFile(path, text, { mode }, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** The file's text; null when there is none. Other failures reject. */
export function readText(path: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    fs.readFile(path, 'utf8', (error, text) => {
      if (error === null) resolve(text);
      else if (error.code === 'ENOENT') resolve(null);
      else reject(error);
    });
  });
}

/** Writes into a file that exists, at a place, in one call of the operating system. */
export function writeAt(path: string, bytes: Buffer, at: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.open(path, 'r+', (error, fd) => {
      if (error !== null) {
        reject(error);
        return;
      }
      fs.write(fd, bytes, 0, bytes.length, at, (failure) => {
        fs.close(fd, () => (failure === null ? resolve() : reject(failure)));
      });
    });
  });
}

/** Removes a file; one that is not there is removed already. */
export async function unlink(path: string): Promise<void> {
  try {
    await unlinkFile(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** The system's code of an error (`ENOENT`); empty when it has none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}

/** The host is short of handles or memory at this moment: nothing follows from such an error, and the next try may succeed. */
export function isShortage(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes(codeOf(error));
}

/** How often work is tried again for which the host was short of something. */
const SHORTAGE_RETRY_MS = 500;

/** Repeats work that fails only because the host is short of something, until it succeeds or `stop` says so; said once. Other errors reject. */
export async function patiently<T>(work: () => Promise<T>, say: (message: string) => void, stop: () => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isShortage(error) || stop()) throw error;
      if (tries === 0) say(`${messageOf(error)}; tried again until it can be done`);
      await new Promise((resolve) => setTimeout(resolve, SHORTAGE_RETRY_MS));
    }
  }
}

/** An error's message for a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Lets at most `width` pieces of work run at the same time; the others wait in order. */
export function limiter(width: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let busy = 0;
  const leave = (): void => {
    busy -= 1;
    const next = waiting.shift();
    if (next !== undefined) next();
  };
  return async (work) => {
    if (busy >= width) await new Promise<void>((enter) => waiting.push(enter));
    busy += 1;
    try {
      return await work();
    } finally {
      leave();
    }
  };
}

/** Runs over many things without holding the event loop: gives way after `sliceMs` of work. */
export async function eachInSlices<T>(things: Iterable<T>, sliceMs: number, work: (thing: T) => void): Promise<void> {
  let began = performance.now();
  for (const thing of things) {
    work(thing);
    if (performance.now() - began > sliceMs) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      began = performance.now();
    }
  }
}
