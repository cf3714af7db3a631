import type { Static } from 'typebox';
import { conforms } from '../../model/schema/conforms.ts';
import { Type } from '../../model/schema/type.ts';
import type { AgentId, InstanceId, RunSpecId, TaskId } from '../../model/ids.ts';
import type { TaskInfo } from '../../model/task.ts';
import { writeAt } from './files.ts';

/*
 * The record of a task: one file that holds what was asked (a comment line of JSON), the script that starts it, and,
 * written by the launcher over the newlines at its beginning, what became of it (the format is told in launcher.sh).
 * One file, because each file costs three calls of the operating system, and written before the launcher hears of it.
 */

/** Room for what happens, written over newlines in place: a full disk cannot lose an exit status, and no other file is needed. */
const PROGRESS_BYTES = 1024;
/** The server's own notes, behind the launcher's: a kill that was begun, and the terminal status. */
const NOTES = { kill: { at: 1024, bytes: 256 }, end: { at: 1280, bytes: 2816 } } as const;
const HEADER_AT = 4096;

export type NoteName = keyof typeof NOTES;

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const what = Type.Union([
  Type.Object({ is: Type.Literal('command'), shell: Type.String() }),
  Type.Object({
    is: Type.Union([Type.Literal('http'), Type.Literal('https'), Type.Literal('tcp')]),
    port: Type.Number(),
    path: nullable(Type.String()),
  }),
]);
const limit = Type.Union([Type.Number(), Type.Literal('unlimited'), Type.Null()]);
const timing = { what, delaySeconds: Type.Number(), intervalSeconds: Type.Number(), timeoutSeconds: Type.Number() };
const strings = Type.Record(Type.String(), Type.String());

const taskInfo = Type.Object({
  taskId: Type.Unsafe<TaskId>(Type.String()),
  instanceId: Type.Unsafe<InstanceId>(Type.String()),
  runSpecId: Type.Unsafe<RunSpecId>(Type.String()),
  name: Type.String(),
  agentId: Type.Unsafe<AgentId>(Type.String()),
  role: Type.String(),
  resources: Type.Object({
    cpus: Type.Number(),
    mem: Type.Number(),
    disk: Type.Number(),
    gpus: Type.Number(),
    ports: Type.Array(Type.Number()),
  }),
  limits: Type.Object({ cpus: limit, mem: limit }),
  command: Type.Union([Type.Object({ shell: Type.String() }), Type.Object({ argv: Type.Array(Type.String()) })]),
  env: strings,
  user: nullable(Type.String()),
  fetch: Type.Array(
    Type.Object({
      uri: Type.String(),
      extract: Type.Boolean(),
      executable: Type.Boolean(),
      cache: Type.Boolean(),
      destPath: nullable(Type.String()),
    }),
  ),
  killGraceSeconds: nullable(Type.Number()),
  healthCheck: nullable(Type.Object({ ...timing, gracePeriodSeconds: Type.Number(), maxConsecutiveFailures: Type.Number() })),
  check: nullable(Type.Object(timing)),
  labels: strings,
});

const header = Type.Object({
  schema: Type.Literal(1),
  info: taskInfo,
  /** Absolute path. */
  sandbox: Type.String(),
  /** Of the start of the host in which it was written. */
  bootId: Type.String(),
  createdAt: Type.Number(),
});

/** What was asked. */
export type RecordHeader = Omit<Static<typeof header>, 'info'> & { readonly info: TaskInfo };

/** What became of it, as far as the launcher and the parent wrote it. */
export interface Progress {
  /** It may have been started: it must never be launched (again). */
  readonly launched: boolean;
  readonly main: { readonly pid: number; readonly parentPid: number } | null;
  /** Why its program could not be executed; null when nothing was said. */
  readonly failure: string | null;
  /** `signal`: the C library's name of it; null when it exited by itself. */
  readonly end: { readonly status: number; readonly signal: string | null } | null;
}

/** The record's whole text. `asked` null: a helper's record, of which nothing needs to be known later. */
export function formatRecord(asked: RecordHeader | null, script: string): string {
  return `${'\n'.repeat(HEADER_AT)}#${asked === null ? '' : JSON.stringify(asked)}\n${script}`;
}

/** Where the comment line with what was asked begins: everything before it is progress and notes. */
function headerAt(text: string): number {
  const at = text.indexOf('\n#{');
  return at < 0 ? text.length : at + 1;
}

/** Writes a note into a record that exists. False when it is too long; rejects when the record cannot be written. */
export async function writeNote(record: string, name: NoteName, json: string): Promise<boolean> {
  const { at, bytes } = NOTES[name];
  const note = Buffer.from(`#${name} ${json} .\n`);
  if (note.length > bytes) return false;
  await writeAt(record, note, at);
  return true;
}

/** A note as JSON, from a record's text; null when there is none, or not whole. */
export function readNote(text: string, name: NoteName): unknown {
  const json = new RegExp(`^#${name} (.*) \\.$`, 'm').exec(text.slice(0, headerAt(text)))?.[1];
  if (json === undefined) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** What was asked, from a record's text; null when it is damaged or a helper's. */
export function parseHeader(text: string): RecordHeader | null {
  const at = headerAt(text);
  const end = text.indexOf('\n', at);
  try {
    const parsed: unknown = JSON.parse(text.slice(at + 1, end < 0 ? text.length : end));
    return conforms(header, parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** C library's names of the signals of which sh says nothing. */
const SILENT_SIGNALS: Readonly<Record<number, string>> = { 130: 'Interrupt', 141: 'Broken pipe' };

/** What became of it, from a record's text. Unfinished lines are not there yet. */
export function parseProgress(text: string): Progress {
  let launched = false;
  let main: Progress['main'] = null;
  let status: number | null = null;
  const said: string[] = [];
  const heard: string[] = [];
  for (const line of text.slice(0, Math.min(PROGRESS_BYTES, headerAt(text))).split('\n')) {
    if (line === '') continue;
    const marked = /^#([LSME]) (?:(.*) )?\.$/.exec(line);
    if (marked === null) {
      if (!line.startsWith('#')) heard.push(line);
      continue;
    }
    const rest = marked[2] ?? '';
    if (marked[1] === 'L') launched = true;
    else if (marked[1] === 'M') said.push(rest);
    else if (marked[1] === 'E') status = Number(rest);
    else {
      const [pid, parentPid] = rest.split(' ').map(Number);
      if (pid !== undefined && parentPid !== undefined) main = { pid, parentPid };
    }
  }
  const failure = said.length > 0 ? said.join(' ') : main === null && heard.length > 0 ? heard.join(' ') : null;
  const signal = status !== null && status > 128 && main !== null ? (heard.at(-1) ?? SILENT_SIGNALS[status] ?? null) : null;
  return { launched, main, failure, end: status === null ? null : { status, signal } };
}
