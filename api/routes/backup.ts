import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { readJson } from '../http/body.ts';
import { json, message, type Answer, type Exchange } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';

/** Writes a consistent copy of the store to a new file of the server's host, and answers its path. Rejects with a message for a person. */
export type Backup = (path: string | null) => Promise<string>;

/** `POST /longrun/v1/backup`: a copy of the store while work goes on. `{"path": "/absolute/file"}` or no body for a dated file in the data folder. */
export function backupResource(backup: Backup): Resource {
  return { path: '/longrun/v1/backup', routes: [{ path: /^$/, methods: { POST: (exchange) => make(backup, exchange) } }] };
}

async function make(backup: Backup, { body }: Exchange): Promise<Answer> {
  const path = pathIn(body);
  if (typeof path === 'object' && path !== null) return path.refused;
  if (path !== null && existsSync(path)) return message(409, `there is a file at ${path} already; it was not touched`);
  try {
    return json(200, { path: await backup(path) });
  } catch (problem) {
    return message(500, problem instanceof Error ? problem.message : String(problem));
  }
}

function pathIn(body: Buffer | null): string | null | { refused: Answer } {
  if (body === null || body.length === 0) return null;
  const parsed = readJson(body);
  if (!parsed.ok) return { refused: parsed.error };
  const path: unknown = typeof parsed.value === 'object' && parsed.value !== null && 'path' in parsed.value ? parsed.value.path : null;
  if (path === null) return null;
  if (typeof path === 'string' && isAbsolute(path)) return path;
  return { refused: message(422, "'path' must be an absolute path of the server's host") };
}
