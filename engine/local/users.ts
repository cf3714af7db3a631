import os from 'node:os';
import { readText } from './files.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Finds users in a text of the form of /etc/passwd, by name or by number. */
export function findUser(passwd: string, wanted: string): User | null {
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (uid === undefined || gid === undefined || (name !== wanted && uid !== wanted)) continue;
    return { uid: Number(uid), gid: Number(gid) };
  }
  return null;
}

/** Whom a task runs as. */
export type TaskUser =
  /** As the server itself. */
  | { readonly is: 'same' }
  | { readonly is: 'other'; readonly user: User }
  | { readonly is: 'unknown' }
  /** Only root may become somebody else. */
  | { readonly is: 'forbidden'; readonly own: string };

/** Looks a user up for a task; null means the server's own. */
export async function resolveUser(wanted: string | null): Promise<TaskUser> {
  if (wanted === null) return { is: 'same' };
  const own = ownName();
  if (wanted === own || wanted === String(process.getuid?.() ?? '')) return { is: 'same' };
  const user = findUser((await readText('/etc/passwd')) ?? '', wanted);
  if (user === null) return { is: 'unknown' };
  if (process.getuid?.() !== 0) return { is: 'forbidden', own };
  return { is: 'other', user };
}

function ownName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // No entry in the list of users, as in many containers.
    return String(process.getuid?.() ?? '');
  }
}
