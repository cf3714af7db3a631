import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { conforms } from '../../model/schema/conforms.ts';
import { Type } from '../../model/schema/type.ts';
import type { AgentId, FrameworkId } from '../../model/ids.ts';
import { codeOf } from './files.ts';

const schema = Type.Object({
  agentId: Type.Unsafe<AgentId>(Type.String({ minLength: 1 })),
  frameworkId: Type.Unsafe<FrameworkId>(Type.String({ minLength: 1 })),
});

export interface Identity {
  readonly agentId: AgentId;
  readonly frameworkId: FrameworkId;
}

/** The ids of this host and of the scheduler's registration with it: made once per data folder, in Mesos' form. Throws when the file is damaged. */
export function loadIdentity(dataDir: string): Identity {
  const file = path.join(dataDir, 'agent.json');
  try {
    const parsed: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (conforms(schema, parsed)) return parsed;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return makeIdentity(file);
    if (codeOf(error) !== '') throw error;
  }
  throw new Error(
    `${file} is damaged: it names the agent to which the sandboxes in this folder belong; restore it, or remove it to begin as a new agent`,
  );
}

function makeIdentity(file: string): Identity {
  const master = randomUUID();
  const identity = { agentId: `${master}-S0` as AgentId, frameworkId: `${master}-0000` as FrameworkId };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // Flushed: an empty file after a loss of power would be damage.
  fs.writeFileSync(`${file}.new`, JSON.stringify(identity), { flush: true });
  fs.renameSync(`${file}.new`, file);
  return identity;
}

/** Differs after every start of the host: no process outlives that. */
export function hostBootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
