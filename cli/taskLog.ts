import type { IncomingMessage } from 'node:http';
import type { Millis } from '../model/time.ts';
import { readTask, type TaskAnswer } from './answers.ts';
import { pathOf, type Client } from './client.ts';
import { writeAll, type Io } from './io.ts';
import { EXIT, Problem } from './problem.ts';
import { listOf, objectOf } from './read.ts';

/** Which part of which log. */
export interface LogRequest {
  readonly taskId: string;
  readonly stream: 'stdout' | 'stderr';
  /** Begin so many bytes before the end; null = at the beginning. */
  readonly last: number | null;
}

/** Bytes asked for at a time; the server gives no more. */
const PIECE = 16 * 1024 * 1024;
/** How often a followed task is asked whether it still runs. */
const LOOK_EVERY: Millis = 1_000;

type Sink = (bytes: Buffer) => Promise<void>;

/** Everything that is there now. */
export async function readLog(client: Client, log: LogRequest, sink: Sink): Promise<void> {
  await readFrom(client, log, log.last === null ? 0 : -log.last, sink);
}

/** What is there, and what is added until the task has ended. Throws a `Problem` when the server goes away. */
export async function followLog(io: Io, client: Client, log: LogRequest, task: TaskAnswer, sink: Sink): Promise<void> {
  const abort = new AbortController();
  const query = { stream: log.stream, offset: log.last === null ? undefined : -log.last, follow: 'true' };
  const response = await client.stream(`/longrun/v1/tasks${pathOf(log.taskId)}/log`, { query, accept: 'text/plain', signal: abort.signal });
  let position = numberIn(response, 'x-log-offset') ?? 0;
  let ended = false;
  const watching = untilEnded(io, client, task, abort.signal).then((itDid) => {
    ended = itDid;
    abort.abort();
  });
  try {
    for await (const chunk of response) {
      const bytes = Buffer.from(chunk as Uint8Array);
      position += bytes.length;
      await sink(bytes);
    }
  } catch (error) {
    if (!ended) throw brokenOff(error);
  } finally {
    abort.abort();
    await watching;
  }
  // The server may not have sent the last words yet.
  if (ended) await readFrom(client, log, position, sink);
}

/** Bytes as they are, or with `json` an object for each line. `end` writes a last line that has no end. */
export function createSink(io: Io, log: LogRequest, json: boolean): { readonly take: Sink; end(): Promise<void> } {
  if (!json) return { take: (bytes) => writeAll(io.out, bytes), end: async () => {} };
  const decoder = new TextDecoder();
  let rest = '';
  const print = (line: string) => writeAll(io.out, `${JSON.stringify({ task: log.taskId, stream: log.stream, line })}\n`);
  return {
    async take(bytes) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) await print(line);
    },
    async end() {
      if (rest !== '') await print(rest);
    },
  };
}

/** Piece by piece up to the size that the log has when the first one comes. */
async function readFrom(client: Client, log: LogRequest, begin: number, sink: Sink): Promise<void> {
  let offset = begin;
  let end: number | null = null;
  for (;;) {
    const query = { stream: log.stream, offset, length: PIECE };
    const response = await client.stream(`/longrun/v1/tasks${pathOf(log.taskId)}/log`, { query, accept: 'text/plain' });
    const size = numberIn(response, 'x-log-size');
    offset = numberIn(response, 'x-log-offset') ?? Math.max(0, offset);
    const before = offset;
    try {
      for await (const chunk of response) {
        const bytes = Buffer.from(chunk as Uint8Array);
        offset += bytes.length;
        await sink(bytes);
      }
    } catch (error) {
      throw brokenOff(error);
    }
    end ??= size;
    // A log that became shorter was rotated: what is there now is another part.
    if (end === null || size === null || size < end || offset >= end || offset === before) return;
  }
}

/** Resolves to true once the task is no longer running, to false when `signal` says so first. */
async function untilEnded(io: Io, client: Client, task: TaskAnswer, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    await io.pause(LOOK_EVERY, signal);
    if (signal.aborted) return false;
    try {
      const { body } = await client.send('GET', `/v2/apps${pathOf(task.appId)}/tasks`);
      const running = listOf(objectOf(body)['tasks']).map(readTask);
      if (!running.some(({ id, state }) => id === task.id && isLive(state))) return true;
    } catch (error) {
      // The app is gone, and its tasks with it. Anything else the log's own stream will feel.
      if (error instanceof Problem && error.exit === EXIT.refused) return true;
    }
  }
}

/** States in which a task may still write. */
export function isLive(state: string): boolean {
  return ['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_UNREACHABLE'].includes(state);
}

function numberIn(response: IncomingMessage, header: string): number | null {
  const text = response.headers[header];
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : null;
}

function brokenOff(error: unknown): Problem {
  return new Problem(EXIT.unreachable, `the log broke off: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
