import type { Millis } from '../model/time.ts';
import type { Answer, Client } from './client.ts';
import { deploymentIdOf } from './answers.ts';
import { openFeed } from './feed.ts';
import type { Io } from './io.ts';
import { EXIT, Problem, type ExitCode } from './problem.ts';
import { paint } from './terminal.ts';
import { waitForDeployments, type Outcome } from './wait.ts';

/** What every command is given. */
export interface Context {
  readonly io: Io;
  readonly client: Client;
  /** Only JSON on stdout. */
  readonly json: boolean;
}

/** All options that commands have; each has some of them. */
export interface Options {
  readonly wait?: boolean;
  readonly timeout?: Millis;
  readonly force?: boolean;
  readonly whole?: boolean;
  readonly scale?: boolean;
  readonly wipe?: boolean;
  readonly follow?: boolean;
  readonly stderr?: boolean;
  readonly last?: number;
}

/** Makes an action of commander's out of a command: its arguments as one list, its options, its exit code. */
export type Act = (
  command: (context: Context, args: readonly string[], options: Options) => Promise<ExitCode>,
) => (...given: unknown[]) => Promise<void>;

/** One JSON document on stdout. */
export function printJson(io: Io, value: unknown): void {
  io.out.write(`${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Sends a change and prints the id of the deployment that it started; with `wait`, waits for its end. The event stream is opened before the change is
 * sent, so that no ending can be missed.
 */
export async function change(context: Context, options: Options, send: () => Promise<Answer>): Promise<ExitCode> {
  const { io, client, json } = context;
  const feed = options.wait === true ? await openFeed(client) : null;
  try {
    const answer = await send();
    const id = deploymentIdOf(answer);
    if (feed === null || id === '') {
      if (json) printJson(io, answer.body);
      else if (id !== '') io.out.write(`${id}\n`);
      return EXIT.ok;
    }
    const outcomes = await waitForDeployments(io, client, feed, { ids: [id], known: [], timeout: options.timeout ?? null });
    if (json) printJson(io, { ...outcomes[0], answer: answer.body });
    else tellOutcomes(io, outcomes);
    // Of our own deployment we know that it was: one that nobody saw was over at once.
    return exitOf(outcomes);
  } finally {
    feed?.close();
  }
}

/** One line for each deployment: its id and how it ended. */
export function tellOutcomes(io: Io, outcomes: readonly Outcome[]): void {
  for (const { id, is, detail } of outcomes) {
    const word = { success: 'succeeded', failed: 'failed', unknown: 'ended', timeout: 'timed out' }[is];
    const style = is === 'success' ? 'green' : is === 'failed' || is === 'timeout' ? 'red' : 'yellow';
    io.out.write(`${id} ${paint(io, io.out, style, word)}${detail === '' ? '' : `: ${detail}`}\n`);
  }
}

/** 1 when one failed, else 124 when one is not done, else 0. */
export function exitOf(outcomes: readonly Outcome[]): ExitCode {
  if (outcomes.some(({ is }) => is === 'failed')) return EXIT.refused;
  return outcomes.some(({ is }) => is === 'timeout') ? EXIT.timeout : EXIT.ok;
}

const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `90`, `90s`, `5m`, `1h`, `500ms`: milliseconds. Throws a `Problem` (usage) for anything else. */
export function parseDuration(text: string): Millis {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const value = Number(parts?.[1]) * (UNITS[parts?.[2] ?? 's'] ?? Number.NaN);
  if (!Number.isFinite(value)) throw new Problem(EXIT.usage, `'${text}' is no duration: write 90, 90s, 5m or 1h`);
  return value;
}
