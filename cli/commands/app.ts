import type { Command } from 'commander';
import { readApp, type AppAnswer, type TaskAnswer } from '../answers.ts';
import { pathOf, type Client } from '../client.ts';
import { change, parseDuration, printJson, type Act, type Context, type Options } from '../context.ts';
import { EXIT, Problem, Refusal, withAdvice, type ExitCode } from '../problem.ts';
import { countsOf } from '../progress.ts';
import { isObject, listOf, objectOf, textOf } from '../read.ts';
import { paint, table } from '../terminal.ts';
import { taskRows } from './task.ts';

/** `longrun app …`. */
export function addAppCommands(program: Command, act: Act): void {
  const app = program.command('app').description('Apps: what is to run, and how many of it.');

  changing(app.command('add <file>').description('Create an app from a JSON file (- reads standard input).'), 'add web.json --wait')
    .addHelpText('after', '  $ echo \'{"id":"/hello","cmd":"sleep 1000","cpus":0.1,"mem":32}\' | longrun app add -\n')
    .action(act(async (context, [file = ''], options) => add(context, file, options)));

  changing(
    app.command('update <id> <file>').description('Change an app: fields of the JSON file replace those it has.'),
    'update web web.json',
  )
    .option('--whole', 'fields that the file does not have return to their defaults')
    .action(
      act(async (context, [id = '', file = ''], options) => {
        const body = withoutVersion(await readDefinition(context, file));
        const query = { force: flag(options.force), partialUpdate: options.whole === true ? 'false' : undefined };
        return change(context, options, () => hinting(context.client.send('PUT', `/v2/apps${pathOf(id)}`, { query, body })));
      }),
    );

  app
    .command('list')
    .description('All apps, with what each is doing.')
    .action(act(async (context) => list(context)));

  app
    .command('show <id>')
    .description('One app: its tasks, its last failure, what it waits for.')
    .action(act(async (context, [id = '']) => show(context, id)));

  changing(app.command('scale <id> <instances>').description('Change the number of instances.'), 'scale web 5 --wait').action(
    act(async (context, [id = '', count = ''], options) => {
      if (!/^\d{1,9}$/.test(count)) throw new Problem(EXIT.usage, `'${count}' is no number of instances`);
      const request = { query: { force: flag(options.force) }, body: { instances: Number(count) } };
      // Scaling must not create: PUT would, for an app that does not exist, complain about the missing command instead.
      await context.client.send('GET', `/v2/apps${pathOf(id)}`);
      return change(context, options, () => hinting(context.client.send('PUT', `/v2/apps${pathOf(id)}`, request)));
    }),
  );

  changing(app.command('restart <id>').description('Replace all instances, keeping to the upgrade strategy.'), 'restart web --wait').action(
    act(async (context, [id = ''], options) =>
      change(context, options, () =>
        hinting(context.client.send('POST', `/v2/apps${pathOf(id)}/restart`, { query: { force: flag(options.force) } })),
      ),
    ),
  );

  changing(app.command('remove <id>').description('Stop all instances and forget the app.'), 'remove web --wait').action(
    act(async (context, [id = ''], options) =>
      change(context, options, () =>
        hinting(context.client.send('DELETE', `/v2/apps${pathOf(id)}`, { query: { force: options.force === true ? 'true' : 'false' } })),
      ),
    ),
  );
}

/** Gives a command the options of those that start a deployment. */
function changing(command: Command, example: string): Command {
  return command
    .option('-f, --force', 'stop deployments that are in the way')
    .option('-w, --wait', 'wait until the deployment is done, showing how far it is')
    .option('-t, --timeout <duration>', 'with --wait: give up after 90, 90s, 5m, 1h (exit code 124)', parseDuration)
    .addHelpText('after', `\nPrints the id of the deployment.\n\nExamples:\n  $ longrun app ${example}\n`);
}

async function add(context: Context, file: string, options: Options): Promise<ExitCode> {
  const body = await readDefinition(context, file);
  const send = async () => {
    try {
      return await hinting(context.client.send('POST', '/v2/apps', { query: { force: flag(options.force) }, body }));
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
      throw withAdvice(error, `To change it: longrun app update ${textOf(body['id'])} ${file}`);
    }
  };
  return change(context, options, send);
}

async function list({ io, client, json }: Context): Promise<ExitCode> {
  const body = (await client.send('GET', '/v2/apps')).body;
  if (json) return (printJson(io, body), EXIT.ok);
  const apps = listOf(objectOf(body)['apps']).map(readApp);
  const waiting = await waitingApps({ io, client, json });
  const rows = apps.map((app) => [
    app.id,
    `${app.running}/${app.instances}`,
    app.hasHealthChecks ? `${app.healthy}/${app.running}` : '-',
    String(app.cpus),
    String(app.mem),
    paintStatus(io, statusOf(app, waiting.get(app.id))),
    app.runs.length > 60 ? `${app.runs.slice(0, 59)}…` : app.runs,
  ]);
  io.out.write(table([['ID', 'RUNNING', 'HEALTHY', 'CPUS', 'MEM', 'STATUS', 'RUNS'], ...rows]));
  return EXIT.ok;

  function paintStatus(to: Context['io'], status: string): string {
    return paint(to, to.out, status === 'Running' ? 'green' : status === 'Suspended' ? 'dim' : 'yellow', status);
  }
}

async function show({ io, client, json }: Context, id: string): Promise<ExitCode> {
  const found = objectOf((await client.send('GET', `/v2/apps${pathOf(id)}`)).body)['app'];
  if (json) return (printJson(io, found), EXIT.ok);
  const app = readApp(found);
  const waiting = (await waitingApps({ io, client, json })).get(app.id);
  const facts = [
    ['id', app.id],
    ['runs', app.runs],
    ['status', statusOf(app, waiting)],
    [
      'instances',
      `${countsOf(app)}${app.staged > 0 ? `, ${app.staged} staged` : ''}${app.unhealthy > 0 ? `, ${app.unhealthy} unhealthy` : ''}`,
    ],
    ['each', `${app.cpus} cpus, ${app.mem} MB memory, ${app.disk} MB disk`],
    ['version', app.version],
    ...app.deployments.map((deployment) => ['deployment', deployment]),
  ];
  const waits = waiting !== undefined || app.deployments.length > 0;
  const why = waits ? ((await waitingInWords(client, id)) ?? waiting?.why ?? null) : null;
  if (why !== null) facts.push(['waits', why]);
  if (app.lastFailure !== null) {
    const { state, at, host, message, taskId } = app.lastFailure;
    facts.push(['last failure', `${state} at ${at} on ${host}: ${message}`], ['', taskId]);
  }
  io.out.write(table(facts));
  if (app.tasks.length > 0)
    io.out.write(
      `\n${table(
        taskRows(
          io,
          app.tasks.map((task): TaskAnswer => task),
        ),
      )}`,
    );
  return EXIT.ok;
}

interface Waiting {
  readonly delayed: boolean;
  readonly why: string;
}

/** Apps with instances that wait for their launch, and why. */
async function waitingApps({ client }: Context): Promise<Map<string, Waiting>> {
  const items = listOf(objectOf((await client.send('GET', '/v2/queue')).body)['queue']).map(objectOf);
  return new Map(
    items.map((item) => {
      const delay = objectOf(item['delay']);
      const delayed = delay['overdue'] === false;
      const count = textOf(item['count']);
      const reasons = listOf(objectOf(item['processedOffersSummary'])['rejectSummaryLastOffers'])
        .map(objectOf)
        .filter((row) => Number(row['declined']) > 0)
        .map((row) => textOf(row['reason']));
      const why = delayed
        ? `${count} instances delayed after failures: next start in ${textOf(delay['timeLeftSeconds'])} s`
        : `${count} instances for resources${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`;
      return [textOf(objectOf(item['app'])['id']), { delayed, why }];
    }),
  );
}

/** What the app waits for, from the server that knows it best; null when it does not say (Marathon). */
async function waitingInWords(client: Client, id: string): Promise<string | null> {
  try {
    return textOf(objectOf((await client.send('GET', `/longrun/v1/apps${pathOf(id)}/waiting`)).body)['waitingFor']) || null;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** The words of Marathon's UI. */
function statusOf(app: AppAnswer, waiting: Waiting | undefined): string {
  if (waiting?.delayed === true) return 'Delayed';
  if (waiting !== undefined && app.running < app.instances) return 'Waiting';
  if (app.deployments.length > 0) return 'Deploying';
  return app.instances === 0 && app.running === 0 ? 'Suspended' : 'Running';
}

async function readDefinition({ io }: Context, file: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await io.read(file);
  } catch (error) {
    throw new Problem(EXIT.usage, `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(EXIT.usage, `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw new Problem(EXIT.usage, `${file} must hold one app: a JSON object`);
  return value;
}

/** Marathon takes `version` only alone (a rollback), so what `app show --json` printed could not be sent back. */
function withoutVersion(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const others = Object.keys(body).some((field) => field !== 'version' && field !== 'id');
  return others ? { ...body, version: undefined, versionInfo: undefined } : body;
}

function flag(value: boolean | undefined): string | undefined {
  return value === true ? 'true' : undefined;
}

/** Says what to do about deployments that are in the way. */
async function hinting<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof Refusal && error.locked) throw withAdvice(error, 'To stop them and go on: the same with --force');
    throw error;
  }
}
