import { readFileSync } from 'node:fs';
import { processIo } from './io.ts';
import { runCommand } from './program.ts';
import { objectOf, textOf } from './read.ts';

/** The `longrun` command with the process's own arguments, streams and exit code. `server` becomes the server itself. */
export async function run(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'server') return startServer(rest);
  // `longrun … | head`: the reader has gone, so there is nobody left to write for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.exitCode = await runCommand(process.argv.slice(2), processIo(), versionOf());
}

/** By a computed path: only `longrun server` pays for loading the server. */
async function startServer(argv: readonly string[]): Promise<void> {
  const server = (await import(new URL('../server.ts', import.meta.url).href)) as {
    readonly main: (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<void>;
  };
  await server.main(argv, process.env);
}

function versionOf(): string {
  return textOf(objectOf(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')))['version']);
}
