import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Millis } from '../model/time.ts';

/** A place for text that a person or a program reads. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything that a command touches beside the server. Tests give their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results: what a script wants to read. */
  readonly out: Output;
  /** Progress, notes and errors: what a person wants to read. */
  readonly err: Output;
  /** The text of a file; of the standard input for `-`. */
  read(file: string): Promise<string>;
  /** Never jumps. */
  now(): Millis;
  /** Resolves after `duration`, or as soon as `signal` says so. Never rejects. */
  pause(duration: Millis, signal: AbortSignal): Promise<void>;
}

/** The process's own streams, files and clock. */
export function processIo(): Io {
  return {
    env: process.env,
    out: process.stdout,
    err: process.stderr,
    read: (file) => (file === '-' ? readAll(process.stdin) : readFile(file, 'utf8')),
    now: () => performance.now(),
    pause: (duration, signal) => wait(duration, undefined, { signal }).catch(() => {}),
  };
}

/** Writes and, when the reader is slow, waits until it has caught up. */
export async function writeAll(output: Output, text: string | Uint8Array): Promise<void> {
  if (!output.write(text)) await new Promise<void>((resolve) => void output.once('drain', resolve));
}

async function readAll(stream: AsyncIterable<string | Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
