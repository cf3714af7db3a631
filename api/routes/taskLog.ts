import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { TaskId } from '../../model/ids.ts';
import { flag } from '../http/target.ts';
import { message, notFound, type Answer, type Exchange, type Headers } from '../http/exchange.ts';
import { LOG_FILES, type LogFile, type SandboxFiles } from '../options.ts';
import { beginRawStream } from './events.ts';

/** Bytes that one answer holds at most, and unless asked otherwise. */
const MAX_LENGTH = 16 * 1024 * 1024;
const DEFAULT_LENGTH = 64 * 1024;

/** Followed logs at a time; one more is refused. */
const MAX_FOLLOWERS = 100;

/** Milliseconds between looks at a file that is followed. */
const LOOK_EVERY = 200;

const CHUNK = 64 * 1024;
const TEXT = 'text/plain; charset=utf-8';

/** Reads what tasks write: `GET /longrun/v1/tasks/{taskId}/log?stream=&offset=&length=&follow=`. */
export interface LogReader {
  /**
   * `stream`: `stdout` (default) or `stderr`. `offset`: bytes from the beginning, negative from the end; default 0. `length`: at most so
   * many bytes. `follow=true`: goes on with what is added until the client leaves. `X-Log-Offset` tells where the answer begins and
   * `X-Log-Size` how long the file is now.
   */
  read(exchange: Exchange): Promise<Answer>;
  /** Ends every followed log. */
  close(): void;
}

/** A reader over the engine's sandboxes. */
export function createLogReader(sandbox: SandboxFiles): LogReader {
  const followers = new Set<Follower>();
  return {
    async read({ params, query }) {
      const taskId = params[0] ?? '';
      const name = query.get('stream') ?? 'stdout';
      const file = LOG_FILES.find((known) => known === name);
      if (file === undefined) return message(400, `'${name}' is not one of ${LOG_FILES.join(', ')}.`);
      const offset = wholeNumber(query.get('offset'), 0);
      const length = wholeNumber(query.get('length'), DEFAULT_LENGTH);
      if (offset === null || length === null || length < 0) return message(400, 'offset and length must be whole numbers.');
      const following = flag(query, 'follow', false);
      if (following && followers.size >= MAX_FOLLOWERS) return message(503, `Too many logs are followed. Allowed: ${MAX_FOLLOWERS}.`);
      const log = await openLog(sandbox, taskId, file);
      if (log === null) return notFound(`Task '${taskId}' has no ${file}`);
      if (following) {
        return { stream: (response, headers) => void follow(followers, log, offset, response, headers).catch(() => response.destroy()) };
      }
      return readOnce(log.handle, offset, Math.min(length, MAX_LENGTH));
    },
    close() {
      for (const follower of followers) follower.stop();
    },
  };
}

interface OpenLog {
  readonly path: string;
  readonly handle: FileHandle;
}

async function openLog(sandbox: SandboxFiles, taskId: string, file: LogFile): Promise<OpenLog | null> {
  const found = await sandbox.open(taskId as TaskId, file);
  if (found === null) return null;
  const handle = await openPlainFile(found.path);
  return handle === null ? null : { path: found.path, handle };
}

/** Only a plain file of the task's own: it may have put a link, or a pipe that blocks, in its place. Null for anything else. */
async function openPlainFile(path: string): Promise<FileHandle | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch {
    // Collected in the meantime, or not a file that may be read: for the client the same as never there.
  }
  return null;
}

async function readOnce(handle: FileHandle, offset: number, length: number): Promise<Answer> {
  try {
    const { size } = await handle.stat();
    const start = startIn(size, offset);
    const wanted = Math.min(length, Math.max(0, size - start));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, start);
    return { status: 200, type: TEXT, body: buffer.subarray(0, bytesRead), headers: logHeaders(start, size) };
  } finally {
    await handle.close();
  }
}

/**
 * Sends a file, and then what is added to it. A file that shrinks, or gives its name to another, was rotated: reading begins again at the
 * beginning of what now has the name.
 */
class Follower {
  readonly #path: string;
  readonly #response: ServerResponse;
  #handle: FileHandle;
  #position: number;
  #stopped = false;
  #wake: () => void = () => {};

  constructor({ path, handle }: OpenLog, position: number, response: ServerResponse) {
    this.#path = path;
    this.#handle = handle;
    this.#position = position;
    this.#response = response;
    response.on('drain', () => this.#wake());
  }

  /** Resolves when the client has gone, the file cannot be read any more, or `stop` was called. */
  async run(): Promise<void> {
    try {
      while (!this.#stopped) if (!(await this.#sendMore())) await this.#nextLook();
    } catch {
      // The file cannot be read any more: the end of the stream tells the client.
    } finally {
      this.#response.end();
      await this.#handle.close().catch(() => {});
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** False when there was nothing to send. */
  async #sendMore(): Promise<boolean> {
    const { size } = await this.#handle.stat();
    if (size < this.#position) this.#position = 0;
    if (size === this.#position) return this.#reopened();
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(CHUNK), 0, CHUNK, this.#position);
    this.#position += bytesRead;
    if (!this.#stopped && !this.#response.write(buffer.subarray(0, bytesRead))) await this.#wakeUp();
    return true;
  }

  /** True when the name stands for another file by now. */
  async #reopened(): Promise<boolean> {
    const named = await lstat(this.#path).catch(() => null);
    if (named === null || named.ino === (await this.#handle.stat()).ino) return false;
    const next = await openPlainFile(this.#path);
    if (next === null) return false;
    await this.#handle.close();
    this.#handle = next;
    this.#position = 0;
    return true;
  }

  async #nextLook(): Promise<void> {
    const timer = setTimeout(() => this.#wake(), LOOK_EVERY);
    await this.#wakeUp();
    clearTimeout(timer);
  }

  /** Waits until the reader has caught up, the time for the next look has come, or `stop`. */
  #wakeUp(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#stopped) resolve();
    });
  }
}

async function follow(followers: Set<Follower>, log: OpenLog, offset: number, response: ServerResponse, headers: Headers): Promise<void> {
  const { size } = await log.handle.stat();
  const start = startIn(size, offset);
  beginRawStream(response, { ...headers, ...logHeaders(start, size), 'Content-Type': TEXT });
  const follower = new Follower(log, start, response);
  followers.add(follower);
  response.once('close', () => follower.stop());
  response.on('error', () => follower.stop());
  await follower.run();
  followers.delete(follower);
}

function logHeaders(offset: number, size: number): Readonly<Record<string, string>> {
  return { 'X-Log-Offset': String(offset), 'X-Log-Size': String(size) };
}

function startIn(size: number, offset: number): number {
  return offset < 0 ? Math.max(0, size + offset) : Math.min(offset, size);
}

function wholeNumber(text: string | null, otherwise: number): number | null {
  if (text === null) return otherwise;
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isNaN(value) ? null : value;
}
