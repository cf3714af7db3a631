import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { codeOf, isShortage, messageOf, readText } from './files.ts';
import { lookUp } from './processes.ts';

/** Changes when a running launcher of an older checkout would not understand us. */
const PROTOCOL = 'longrun-launcher-1';
const LAUNCHER = path.join(import.meta.dirname, 'launcher.sh');
/** Linux: a write to a FIFO up to this size is never torn apart. */
const LINE_MAX = 4096;
const SWEEP_MS = 500;
const SLICE_MS = 4;
const FIFO_WAIT_MS = 10_000;
const RETRY_MS = [0, 50, 200, 1000, 5000] as const;

export type LauncherEvent =
  | { readonly is: 'started'; readonly record: string; readonly pid: number; readonly parentPid: number }
  | { readonly is: 'ended'; readonly record: string }
  /** Some of these may not have been started. */
  | { readonly is: 'troubled'; readonly records: readonly string[] }
  /** A new launcher took the place of one that died: what was asked for may have been lost. */
  | { readonly is: 'replaced' }
  /** None can be started; tried again all the same. */
  | { readonly is: 'unavailable'; readonly why: string };

export interface Launcher {
  /** Attaches to the running launcher or starts one. Resolves when everything that an earlier server asked for has been done. */
  start(): Promise<void>;
  /** Records to be launched; gathered, and sent together. */
  launch(record: string): void;
  /** Resolves when all that was asked before has been done. */
  barrier(): Promise<void>;
  /** Ends the launcher once it has done everything asked before; what it launched goes on. */
  quit(): Promise<void>;
  /** Lets go of the launcher and leaves it running. */
  detach(): void;
}

interface Options {
  /** Holds FIFOs and records. */
  readonly folder: string;
  readonly shell: string;
  readonly log: (message: string) => void;
  readonly tell: (event: LauncherEvent) => void;
}

/** Speaks with the launcher script: the only place from which the server starts a process of its own. */
export function createLauncher({ folder, shell, log, tell }: Options): Launcher {
  const commandsPath = `${folder}/commands`;
  const eventsPath = `${folder}/events`;
  let commands: number | null = null;
  let events: net.Socket | null = null;
  let pid: number | null = null;
  let attempts = 0;
  let closed = false;
  let quitting = false;
  let gathered: string[] = [];
  const lines: string[] = [];
  const heard: string[] = [];
  let retry: NodeJS.Timeout | null = null;
  let sweep: NodeJS.Timeout | null = null;
  let tokens = 0;
  const barriers = new Map<string, () => void>();
  let restarting = false;

  function pump(): void {
    retry = null;
    while (commands !== null && lines.length > 0) {
      try {
        fs.writeSync(commands, lines[0] ?? '');
        lines.shift();
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') log(`the launcher cannot be reached: ${messageOf(error)}`);
        retry ??= setTimeout(pump, 5);
        return;
      }
    }
  }

  function send(line: string): void {
    lines.push(`${line}\n`);
    if (retry === null) pump();
  }

  function flush(): void {
    const records = gathered;
    gathered = [];
    let line = 'L';
    for (const record of records) {
      // Batches of moderate size: the parents of a batch are forked while the next one is still being prepared.
      if (line.length > LINE_MAX / 4) {
        send(line);
        line = 'L';
      }
      line += ` ${record}`;
    }
    if (line !== 'L') send(line);
  }

  /** A full FIFO holds a thousand lines: gives way to the event loop between them. */
  function listen(): void {
    const began = performance.now();
    let done = 0;
    while (done < heard.length && performance.now() - began < SLICE_MS) {
      hear(heard[done] ?? '');
      done += 1;
    }
    heard.splice(0, done);
    if (heard.length > 0) setImmediate(listen);
  }

  function hear(line: string): void {
    const [word, ...rest] = line.split(' ');
    if (word === 'S') {
      const [record, main, parent] = rest;
      if (record !== undefined) tell({ is: 'started', record, pid: Number(main), parentPid: Number(parent) });
    } else if (word === 'E') {
      if (rest[0] !== undefined) tell({ is: 'ended', record: rest[0] });
    } else if (word === 'X') tell({ is: 'troubled', records: rest });
    else if (word === 'B') {
      const done = barriers.get(rest[0] ?? '');
      barriers.delete(rest[0] ?? '');
      done?.();
    } else if (word === 'H') pid = Number(rest[0]);
  }

  async function openFifos(): Promise<void> {
    const deadline = performance.now() + FIFO_WAIT_MS;
    while (!(isFifo(commandsPath) && isFifo(eventsPath))) {
      if (closed || performance.now() > deadline) throw new Error(`the launcher made no FIFOs in ${folder}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const both = fs.constants.O_RDWR | fs.constants.O_NONBLOCK;
    if (events === null) {
      const socket = new net.Socket({ fd: fs.openSync(eventsPath, both), readable: true, writable: false });
      let rest = '';
      socket.setEncoding('latin1');
      socket.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        heard.push(...lines);
        if (heard.length === lines.length) listen();
      });
      socket.on('error', (error) => log(`events of the launcher: ${error.message}`));
      events = socket;
    }
    commands ??= fs.openSync(commandsPath, both);
  }

  /** The pid of the launcher that runs on this folder; null when there is none. `other` when it speaks an older protocol. */
  async function running(): Promise<{ readonly pid: number; readonly other: boolean } | null> {
    const [pidText, protocol] = ((await readText(`${folder}/launcher.pid`).catch(() => null)) ?? '').trim().split(' ');
    const candidate = Number(pidText);
    if (!Number.isInteger(candidate) || candidate < 2 || !isLauncher(candidate, folder)) return null;
    return { pid: candidate, other: protocol !== PROTOCOL };
  }

  function startOne(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(shell, [LAUNCHER, folder, PROTOCOL], { cwd: '/', detached: true, stdio: 'ignore', env: {} });
      child.once('error', (error) => reject(new Error(`the launcher cannot be started: ${error.message}`)));
      child.once('exit', () => {
        if (!closed && !quitting && pid === child.pid) void replace();
      });
      child.once('spawn', () => {
        pid = child.pid ?? null;
        child.unref();
        resolve();
      });
    });
  }

  /** Starts a new launcher in the place of a dead one, again and again until one lives. */
  async function replace(): Promise<void> {
    if (restarting || closed || quitting) return;
    restarting = true;
    while (!closed && !quitting) {
      const wait = RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)] ?? 0;
      attempts += 1;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        await startOne();
        await openFifos();
        restarting = false;
        // Ends a line that the dead one may have read by half; a question of ours may have been that line.
        send('');
        for (const token of barriers.keys()) send(`B ${token}`);
        await barrier();
        attempts = 0;
        log('the launcher had died: a new one took its place');
        tell({ is: 'replaced' });
        return;
      } catch (error) {
        log(messageOf(error));
        tell({ is: 'unavailable', why: messageOf(error) });
      }
    }
    restarting = false;
  }

  function barrier(): Promise<void> {
    if (gathered.length > 0) flush();
    tokens += 1;
    const token = `${process.pid}-${tokens}-${Date.now()}`;
    return new Promise((resolve) => {
      barriers.set(token, resolve);
      send(`B ${token}`);
    });
  }

  return {
    async start() {
      const found = await running();
      if (found?.other === true) {
        await openFifos();
        send('Q');
        while (isLauncher(found.pid, folder)) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      sweep = setInterval(() => {
        if (restarting || pid === null || isLauncher(pid, folder)) return;
        void replace();
      }, SWEEP_MS);
      try {
        if (found === null || found.other) await startOne();
        else pid = found.pid;
        await openFifos();
      } catch (error) {
        log(messageOf(error));
        tell({ is: 'unavailable', why: messageOf(error) });
        void replace();
        return;
      }
      send('');
      await barrier();
    },
    launch(record) {
      gathered.push(record);
      if (gathered.length === 1) setImmediate(flush);
    },
    barrier,
    async quit() {
      if (closed) return;
      quitting = true;
      let done = false;
      void barrier().then(() => {
        done = true;
        send('Q');
      });
      // Without a living launcher nobody will ever answer.
      const living = (): boolean => pid !== null && isLauncher(pid, folder);
      while (living()) await new Promise((resolve) => setTimeout(resolve, done ? 2 : 5));
      this.detach();
    },
    detach() {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      if (sweep !== null) clearInterval(sweep);
      events?.destroy();
      if (commands !== null) fs.closeSync(commands);
      commands = null;
      events = null;
    },
  };
}

function isFifo(file: string): boolean {
  try {
    return fs.statSync(file).isFIFO();
  } catch {
    return false;
  }
}

/** True when this pid is a living launcher of this folder, and not something else that was given the same pid later. */
function isLauncher(pid: number, folder: string): boolean {
  try {
    const found = lookUp(pid);
    if (found === null || found.zombie) return false;
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder);
  } catch (error) {
    // What cannot be looked at for lack of handles is not taken for dead: two launchers would be worse.
    return isShortage(error);
  }
}
