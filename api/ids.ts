import { hasLegalSegments, parseRunSpecId, ROOT, type GroupId, type RunSpecId } from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';

/**
 * The app that a URL names, with or without a leading slash. The error is the id as the client meant it, for the sentence that refuses it.
 * `.` and `..` are names nowhere: they could only be an attempt to mean something else.
 */
export function appIdInUrl(text: string): Result<RunSpecId, string> {
  const spelled = text.startsWith('/') ? text : `/${text}`;
  if (hasDots(spelled)) return err(spelled);
  const id = parseRunSpecId(spelled);
  return id.ok ? id : err(spelled);
}

/** The group that a URL names; empty text is the root. */
export function groupIdInUrl(text: string): Result<GroupId, string> {
  if (text === '' || text === '/') return ok(ROOT);
  const spelled = text.startsWith('/') ? text : `/${text}`;
  return hasDots(spelled) || !hasLegalSegments(spelled) ? err(spelled) : ok(spelled as GroupId);
}

function hasDots(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..');
}
