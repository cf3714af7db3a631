import type { FlagValue, Kind } from './kinds.ts';
import { FLAG_GROUPS, FLAG_NAMES, rowOf, type FlagName } from './table.ts';

/** The text of `--help`, made from the table: active flags in groups, then those that are only accepted. Lines up to 100 wide. */
export function helpText(): string {
  const lines = [
    'longrun server: keeps long-running services running on this host, with Marathon’s REST API.',
    '',
    'Usage: longrun server [FLAGS]     or     npm start -- [FLAGS]',
    '',
    'Each flag also as an environment variable: --http_port 8081 is MARATHON_HTTP_PORT=8081; an empty value is the bare flag.',
    'The command line wins. --[disable_]x: on with --x, off with --disable_x.',
  ];
  for (const group of FLAG_GROUPS) {
    const names = FLAG_NAMES.filter((name) => rowOf(name).group === group && rowOf(name).active);
    if (names.length > 0) lines.push('', group, ...names.flatMap(entryOf));
  }
  lines.push('', 'Accepted, not yet active (of Marathon’s flags; they change nothing in this version)');
  lines.push(...FLAG_NAMES.filter((name) => !rowOf(name).active).flatMap(entryOf));
  lines.push(
    '',
    'Exit codes: 0 clean end, 100 data folder unusable, 107 a bug, 111 port cannot be listened on, 112 a flag that cannot be.',
  );
  return `${lines.join('\n')}\n`;
}

const INDENT = 44;
const WIDTH = 110;

function entryOf(name: FlagName): string[] {
  const { kind, default: fallback, meaning } = rowOf(name);
  const left = `  --${kind.is === 'toggle' ? '[disable_]' : ''}${name}${placeholderOf(kind)}`;
  const right = wrap(`${meaning}${defaultOf(kind, fallback)}`, WIDTH - INDENT);
  const first = left.length < INDENT ? [left.padEnd(INDENT) + (right.shift() ?? '')] : [left];
  return [...first, ...right.map((line) => ' '.repeat(INDENT) + line)];
}

function placeholderOf(kind: Kind): string {
  switch (kind.is) {
    case 'toggle':
    case 'switch':
      return '';
    case 'whole':
      return kind.unit === '' ? ' N' : ` ${kind.unit.toUpperCase()}`;
    case 'share':
      return ' 0..1';
    case 'choice':
      return ` ${kind.of.length > 4 ? 'WORD' : kind.of.join('|')}`;
    case 'credentials':
      return ' USER:PASSWORD';
    case 'list':
      return ' A,B';
    case 'url':
      return ' URL';
    case 'text':
      return ' TEXT';
  }
}

function defaultOf(kind: Kind, fallback: FlagValue): string {
  if (fallback === null || kind.is === 'switch') return '';
  if (typeof fallback === 'boolean') return fallback ? ' [on]' : ' [off]';
  return ` [${String(fallback)}]`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
