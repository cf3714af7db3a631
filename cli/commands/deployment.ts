import type { Command } from 'commander';
import { readDeployment } from '../answers.ts';
import { exitOf, parseDuration, printJson, tellOutcomes, type Act, type Context } from '../context.ts';
import { openFeed } from '../feed.ts';
import { EXIT, type ExitCode } from '../problem.ts';
import { listOf } from '../read.ts';
import { table } from '../terminal.ts';
import { waitForDeployments } from '../wait.ts';

/** `longrun deployment …`. */
export function addDeploymentCommands(program: Command, act: Act): void {
  const deployment = program.command('deployment').description('Deployments: changes on their way.');

  deployment
    .command('list')
    .description('Running deployments.')
    .action(act(async (context) => list(context)));

  deployment
    .command('wait [id]')
    .description('Wait until a deployment (or all that run now) is done, showing how far it is.')
    .option('-t, --timeout <duration>', 'give up after 90, 90s, 5m, 1h (exit code 124)', parseDuration)
    .addHelpText(
      'after',
      `
Exit code 0 when all succeeded, 1 when one failed or was cancelled, 124 when the timeout came first.
A deployment that is not running any more counts as done.

Examples:
  $ longrun deployment wait $(longrun app scale web 5) --timeout 5m
`,
    )
    .action(act(async (context, [id], options) => wait(context, id, options.timeout ?? null)));
}

async function list({ io, client, json }: Context): Promise<ExitCode> {
  const body = (await client.send('GET', '/v2/deployments')).body;
  if (json) return (printJson(io, body), EXIT.ok);
  const rows = listOf(body)
    .map(readDeployment)
    .map(({ id, step, steps, actions, apps, version }) => [
      id,
      `${step}/${steps}`,
      version,
      [...new Set(actions.map(({ action }) => action))].join(',') || '-',
      apps.join(', '),
    ]);
  io.out.write(table([['ID', 'STEP', 'SINCE', 'DOES', 'APPS'], ...rows]));
  return EXIT.ok;
}

async function wait({ io, client, json }: Context, id: string | undefined, timeout: number | null): Promise<ExitCode> {
  const feed = await openFeed(client);
  try {
    // Asked in any case: a server that is not there at all is said at once; only one that goes away later is waited for.
    const known = listOf((await client.send('GET', '/v2/deployments')).body).map(readDeployment);
    const ids = id === undefined ? known.map((one) => one.id) : [id];
    const outcomes = await waitForDeployments(io, client, feed, { ids, known, timeout });
    if (json) printJson(io, outcomes);
    else tellOutcomes(io, outcomes);
    return exitOf(outcomes);
  } finally {
    feed.close();
  }
}
