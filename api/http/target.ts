import { err, ok, type Result } from '../../model/result.ts';

export interface Target {
  /** As sent, without the query. */
  readonly uri: string;
  /** Decoded; begins with a slash. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const NO_QUERY = new URLSearchParams();

/** Takes a request target apart. The error is a sentence for the client (400). */
export function parseTarget(target: string): Result<Target, string> {
  const relative = target.startsWith('/') ? target : withoutOrigin(target);
  if (relative === null) return err('The request target must begin with a slash.');
  const mark = relative.indexOf('?');
  const uri = mark === -1 ? relative : relative.slice(0, mark);
  const query = mark === -1 ? NO_QUERY : new URLSearchParams(relative.slice(mark + 1));
  if (!uri.includes('%')) return ok({ uri, path: uri, query });
  try {
    return ok({ uri, path: decodeURIComponent(uri), query });
  } catch {
    return err(`The path ${uri} is not properly percent-encoded.`);
  }
}

/** `http://host:8080/v2/apps` → `/v2/apps` (RFC 9112 §3.2.2: a server must take this form too). */
function withoutOrigin(target: string): string | null {
  const found = /^https?:\/\/[^/?#]*(\/.*)?$/i.exec(target);
  return found === null ? null : (found[1] ?? '/');
}

/** Marathon: only the text `true`, in any case, is true; anything else that is there is false. */
export function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value.toLowerCase() === 'true';
}
