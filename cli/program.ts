import { Command, CommanderError } from 'commander';
import { createClient } from './client.ts';
import { addAppCommands } from './commands/app.ts';
import { addDeploymentCommands } from './commands/deployment.ts';
import { addStoreCommands } from './commands/store.ts';
import { addTaskCommands } from './commands/task.ts';
import type { Act, Options } from './context.ts';
import type { Io } from './io.ts';
import { EXIT, Problem } from './problem.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';

/** Runs one command line (without the program's name). Resolves to the exit code; never rejects for what a user can do wrong. */
export async function runCommand(argv: readonly string[], io: Io, version: string): Promise<number> {
  let exit: number = EXIT.ok;
  const program = new Command('longrun');
  const act: Act =
    (command) =>
    async (...given) => {
      // commander gives the arguments, then the options, then the command itself.
      const options = given.at(-2);
      const args = given
        .slice(0, -2)
        .flat()
        .filter((arg) => typeof arg === 'string');
      const { url, json } = program.opts<{ url?: string; json?: boolean }>();
      const address = url ?? nonEmpty(io.env['LONGRUN_URL']) ?? nonEmpty(io.env['MARATHON_URL']) ?? DEFAULT_URL;
      exit = await command({ io, client: createClient(address), json: json === true }, args, options as Options);
    };

  program
    .description('Keeps long-running services running. Talks to a Longrun or Marathon server.')
    .version(version, '-V, --version', 'print the version')
    .option('-u, --url <url>', `the server: http://[USER:PASSWORD@]HOST:PORT (else LONGRUN_URL, MARATHON_URL, ${DEFAULT_URL})`)
    .option('--json', 'only JSON on standard output')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => void io.out.write(text), writeErr: (text) => void io.err.write(text) })
    .exitOverride()
    .addHelpText('after', AFTER_HELP);
  program
    .command('server')
    .description('Run the server: longrun server [FLAGS], and longrun server --help for them.')
    .action(() => program.error('server must be the first word'));
  addAppCommands(program, act);
  addDeploymentCommands(program, act);
  addTaskCommands(program, act);
  addStoreCommands(program, act);
  for (const command of everyCommand(program)) command.copyInheritedSettings(program);

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    // commander has printed what it had to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof Problem)) throw error;
    io.err.write(`longrun: ${error.message}\n`);
    return error.exit;
  }
}

const AFTER_HELP = `
Examples:
  $ longrun server                                run a server here
  $ longrun app add web.json --wait               create an app and wait until it runs
  $ longrun app scale web 5                       prints the id of the deployment
  $ longrun deployment wait                       wait for all deployments that run now
  $ longrun task log web -f                       what its newest task prints
  $ longrun --url http://ann:secret@host:8080 app list

Exit codes:
  0    done
  1    refused by the server, or a deployment failed
  2    the command line cannot be followed
  3    the server cannot be reached
  124  the timeout of --wait or of deployment wait came first
`;

function* everyCommand(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child;
    yield* everyCommand(child);
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
