/** One word of sh that means exactly `text`. */
export function quote(text: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables to which sh itself gives a meaning or a value: set by env(1), which only passes them on. */
const SPECIAL = new Set([
  'IFS',
  'MAIL',
  'MAILPATH',
  'PS1',
  'PS2',
  'PS4',
  'OPTIND',
  'LINENO',
  'TERM',
  'HISTSIZE',
  'PWD',
  'OLDPWD',
  'PPID',
  '_',
  'ATTY',
  'ENV',
]);

/** How a set of environment variables gets into a program that sh executes. */
export interface EnvironmentText {
  /** Statements: `export A='1'` … */
  readonly exports: string;
  /** Words to put before the program: `/usr/bin/env 'a.b=c' `, or nothing. */
  readonly prefix: string;
}

/** Variables whose names sh does not take go through `envPath` (env(1)), at the price of one more exec. */
export function environmentText(env: Readonly<Record<string, string>>, envPath: string): EnvironmentText {
  const easy: string[] = [];
  const hard: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=')) continue;
    if (NAME.test(name) && !SPECIAL.has(name)) easy.push(`${name}=${quote(value)}`);
    else hard.push(quote(`${name}=${value}`));
  }
  return {
    exports: easy.length === 0 ? '' : `export ${easy.join(' ')}\n`,
    prefix: hard.length === 0 ? '' : `${envPath} ${hard.join(' ')} `,
  };
}

const SIMPLE = /^[A-Za-z0-9_./][A-Za-z0-9_./:@%+,-]*( +[A-Za-z0-9_./:=@%+,-]+)*$/;
const OWN_WORDS = new Set(
  (
    '. : alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc declare dirs disown do done echo elif else ' +
    'enable esac eval exec exit export false fc fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd ' +
    'pwd read readarray readonly return select set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until wait while'
  ).split(' '),
);

/**
 * The words of a command that means the same with and without a shell: plain words only, and the first is none of sh's own.
 * sh executes such a command in its own place anyway; leaving it out saves an exec. Null when a shell is needed.
 */
export function plainWords(command: string): readonly string[] | null {
  const text = command.trim();
  if (!SIMPLE.test(text)) return null;
  const words = text.split(/ +/);
  return OWN_WORDS.has(words[0] ?? '') ? null : words;
}
