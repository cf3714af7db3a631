import { environmentText, plainWords, quote } from './shell.ts';

/** Absolute paths of the programs that start others. */
export interface Tools {
  readonly setsid: string;
  /** Null where the host has none: users cannot be switched then. */
  readonly setpriv: string | null;
  readonly env: string;
  readonly shell: string;
}

export interface Program {
  readonly command: { readonly shell: string } | { readonly argv: readonly string[] };
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: string;
  /** Files, in the sandbox, to which output is appended. */
  readonly stdout: string;
  readonly stderr: string;
  /** Null = the server's own. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Statements that move the calling process into its cgroups. */
  readonly joinCgroups: string;
}

function programWords(
  command: Program['command'],
  tools: Tools,
): { readonly test: string; readonly words: string } | { readonly words: string } {
  if ('argv' in command) return { words: command.argv.map(quote).join(' ') };
  const viaShell = `${tools.shell} -c ${quote(command.shell)}`;
  const plain = plainWords(command.shell);
  if (plain === null) return { words: viaShell };
  return { test: `command -v ${quote(plain[0] ?? '')} >/dev/null || set -- ${viaShell}`, words: plain.map(quote).join(' ') };
}

/**
 * The script with which a launched process becomes the program: joins its cgroups, enters the sandbox, opens the logs for
 * appending, tells its pid, takes the environment and executes, as the leader of a session of its own.
 *
 * With another user the logs are opened by that user, after the switch: the sandbox is the user's, and a link that was
 * put in the place of a log must not lead root anywhere.
 */
export function programScript(program: Program, tools: Tools): string {
  const { sandbox, user } = program;
  const environment = environmentText(program.env, tools.env);
  const what = programWords(program.command, tools);
  const logs = `exec >>${quote(program.stdout)} 2>>${quote(program.stderr)}`;
  const lines = [
    program.joinCgroups,
    `cd ${quote(sandbox)} || cannot 'Failed to enter the sandbox'\n`,
    user === null ? `${logs}\n` : '',
    'started\n',
    environment.exports,
    'unset PWD OLDPWD\n',
    `set -- ${what.words}\n`,
    'test' in what ? `${what.test}\n` : '',
  ];
  const inSession = `${environment.prefix}${tools.setsid} -- "$@" 8>&-`;
  if (user === null) return `${lines.join('')}exec ${inSession}\n`;
  const switched = `${tools.setpriv ?? 'setpriv'} --reuid=${user.uid} --regid=${user.gid} --init-groups --`;
  return `${lines.join('')}exec ${switched} ${tools.shell} -c ${quote(`${logs}; unset PWD; exec ${environment.prefix}${tools.setsid} -- "$@" 8>&-`)} sh "$@" 2>&8\n`;
}
