import type { Artifact } from '../../model/app.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { quote } from './shell.ts';

/** What is to be done for one URI. */
export interface FetchItem {
  readonly uri: string;
  readonly source: { readonly is: 'http'; readonly url: string } | { readonly is: 'file'; readonly path: string };
  /** Relative path inside the sandbox. */
  readonly target: string;
  readonly unpack: 'tar' | 'zip' | 'gz' | null;
  /** Asked to be unpacked, but by its name it is no archive. */
  readonly noArchive: boolean;
  readonly executable: boolean;
  readonly cache: boolean;
}

const TAR = /\.(tar|tgz|tar\.gz|tbz2|tar\.bz2|txz|tar\.xz)$/;

/** Mesos' rules of the fetcher for one URI; the error is a sentence. */
export function planFetch(artifact: Artifact): Result<FetchItem, string> {
  const uri = artifact.uri.trimStart();
  if (/[\\'\0]/.test(uri)) return err(`The URI contains illegal characters: '${uri}'`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(uri)?.[1]?.toLowerCase();
  let source: FetchItem['source'];
  if (scheme === undefined) {
    if (!uri.startsWith('/')) return err(`A relative path was passed for the resource but frameworks_home was not set: '${uri}'`);
    source = { is: 'file', path: uri };
  } else if (scheme === 'file') {
    const path = uri.slice('file://'.length).replace(/^localhost(?=\/)/, '');
    if (!path.startsWith('/')) return err(`File URI only supports absolute paths: '${uri}'`);
    source = { is: 'file', path };
  } else if (scheme === 'http' || scheme === 'https') {
    if (!/^https?:\/\/[^/]+\//i.test(uri)) return err(`Malformed URI (missing path): '${uri}'`);
    if (!URL.canParse(uri)) return err(`Malformed URI: '${uri}'`);
    source = { is: 'http', url: uri };
  } else {
    return err(`No client for '${scheme}' on this host: '${uri}'`);
  }
  const target = artifact.destPath ?? uri.slice(uri.lastIndexOf('/') + 1);
  if (target === '' || target === '.' || target === '..') return err(`Malformed URI (missing file name): '${uri}'`);
  if (target.startsWith('/') || target.includes('\0') || target.split('/').includes('..')) {
    return err(`The output file must be a path inside the sandbox: '${target}'`);
  }
  const wanted = artifact.extract && !artifact.executable;
  const kind = TAR.test(target) ? 'tar' : target.endsWith('.zip') ? 'zip' : target.endsWith('.gz') ? 'gz' : null;
  return ok({
    uri,
    source,
    target,
    unpack: wanted ? kind : null,
    noArchive: wanted && kind === null,
    executable: artifact.executable,
    cache: artifact.cache,
  });
}

/** A fetched file that waits on this host, or why it could not be had. */
export type Fetched =
  | { readonly item: FetchItem; readonly file: string; readonly keep: boolean }
  | { readonly item: FetchItem | null; readonly failed: string };

const say = (text: string): string => `echo ${quote(text)} >&2`;

function unpack(kind: 'tar' | 'zip' | 'gz', file: string, target: string): string {
  const from = quote(file);
  if (kind === 'tar') return `tar -C . -xf ${from}`;
  if (kind === 'gz') return `gzip -dc <${from} >${quote(`./${target.replace(/\.gz$/, '')}`)}`;
  return [
    `if command -v unzip >/dev/null; then unzip -o -q -d . ${from}`,
    `elif command -v bsdtar >/dev/null; then bsdtar -xf ${from}`,
    `elif command -v python3 >/dev/null; then python3 -m zipfile -e ${from} .`,
    `else ${say('None of unzip, bsdtar and python3 is installed on this host')}; false; fi`,
  ].join('\n');
}

/**
 * The script that puts what was fetched into the sandbox (the working directory), as the task's user: ends with 1 at the
 * first thing that fails, and says in stderr what it did.
 */
export function installScript(fetched: readonly Fetched[]): string {
  const lines: string[] = [];
  for (const one of fetched) {
    if ('failed' in one) {
      lines.push(say(one.failed), 'exit 1');
      break;
    }
    const { item, file, keep } = one;
    const target = `./${item.target}`;
    const or = (what: string): string => ` || { ${say(`Failed to ${what} '${item.uri}'`)}; exit 1; }`;
    lines.push(say(`Fetching URI '${item.uri}'`));
    if (item.target.includes('/')) lines.push(`mkdir -p ${quote(target.slice(0, target.lastIndexOf('/')))}${or('make the folder for')}`);
    // From the cache, only the content of an archive appears in the sandbox (Mesos).
    const direct = item.cache && item.unpack !== null;
    if (!direct) lines.push(`${keep ? 'cp' : 'mv'} -fT ${quote(file)} ${quote(target)}${or('copy')}`);
    if (item.executable) lines.push(`chmod 755 ${quote(target)}${or('make executable')}`);
    if (item.unpack !== null) lines.push(`{ ${unpack(item.unpack, direct ? file : target, item.target)}\n}${or('extract')}`);
    if (item.noArchive)
      lines.push(
        say(`Copying instead of extracting resource from URI with 'extract' flag, because it does not seem to be an archive: ${item.uri}`),
      );
    lines.push(say(`Fetched '${item.uri}' to '${item.target}'`));
  }
  return `${lines.join('\n')}\n`;
}
