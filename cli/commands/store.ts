import { resolve } from 'node:path';
import type { Command } from 'commander';
import { printJson, type Act, type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../problem.ts';

/** `longrun backup`. */
export function addStoreCommands(program: Command, act: Act): void {
  program
    .command('backup [file]')
    .description('Write a consistent copy of the server’s state to a file on its host, while it works.')
    .addHelpText(
      'after',
      `
Without FILE: a dated file in the server's data folder. Prints the path.
To go back to a backup, stop the server and run: longrun server --data_dir DIR --restore FILE
`,
    )
    .action(act(async (context, [file]) => backup(context, file)));
}

async function backup({ io, client, json }: Context, file: string | undefined): Promise<ExitCode> {
  const { body } = await client.send('POST', '/longrun/v1/backup', { body: file === undefined ? {} : { path: resolve(file) } });
  if (json) printJson(io, body);
  else io.out.write(`${typeof body === 'object' && body !== null && 'path' in body ? String(body.path) : ''}\n`);
  return EXIT.ok;
}
