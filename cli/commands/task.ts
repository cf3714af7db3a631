import type { Command } from 'commander';
import { readTask, type TaskAnswer } from '../answers.ts';
import { pathOf, type Client } from '../client.ts';
import { change, printJson, type Act, type Context, type Options } from '../context.ts';
import type { Io } from '../io.ts';
import { EXIT, Problem, type ExitCode } from '../problem.ts';
import { listOf, objectOf } from '../read.ts';
import { createSink, followLog, isLive, readLog, type LogRequest } from '../taskLog.ts';
import { paint, table } from '../terminal.ts';
import { instanceOfTask } from '../../model/ids.ts';

/** `longrun task …`. */
export function addTaskCommands(program: Command, act: Act): void {
  const task = program.command('task').description('Tasks: the running processes of apps.');

  task
    .command('list [app]')
    .description('Tasks of one app, or of all.')
    .action(act(async (context, [app]) => list(context, app)));

  task
    .command('kill <ids...>')
    .description('Kill tasks. Others take their place, unless --scale.')
    .option('--scale', 'reduce the number of instances by the number of tasks')
    .option('--wipe', 'also give up persistent volumes')
    .option('-f, --force', 'with --scale: stop deployments that are in the way')
    .option('-w, --wait', 'with --scale: wait until the deployment is done')
    .addHelpText('after', '\nExamples:\n  $ longrun task kill $(longrun task list web --json | jq -r .tasks[0].id)\n')
    .action(act(async (context, ids, options) => kill(context, ids, options)));

  task
    .command('log <task>')
    .description('What a task printed; for an app: what its newest task printed.')
    .option('-f, --follow', 'go on until the task ends')
    .option('--stderr', 'what it printed to standard error')
    .option('-n, --last <size>', 'begin so many bytes before the end: 500, 64k, 1m', parseSize)
    .addHelpText('after', '\nExamples:\n  $ longrun task log web -f\n  $ longrun task log web --stderr -n 4k\n')
    .action(act(async (context, [which = ''], options) => log(context, which, options)));
}

/** A table of tasks, its heading included. */
export function taskRows(io: Io, tasks: readonly TaskAnswer[]): string[][] {
  const rows = tasks.map((task) => {
    const style = task.state === 'TASK_RUNNING' && task.health !== 'unhealthy' ? 'green' : task.health === 'unhealthy' ? 'red' : 'yellow';
    const state = task.state.replace(/^TASK_/, '').toLowerCase();
    return [
      task.id,
      paint(io, io.out, style, state),
      task.health === '' ? '-' : task.health,
      [task.host, ...task.ports.slice(0, 5).map(String)].join(':'),
      task.startedAt || '-',
    ];
  });
  return [['TASK', 'STATE', 'HEALTH', 'HOST:PORTS', 'STARTED'], ...rows];
}

async function list({ io, client, json }: Context, app: string | undefined): Promise<ExitCode> {
  const body = (await client.send('GET', app === undefined ? '/v2/tasks' : `/v2/apps${pathOf(app)}/tasks`)).body;
  if (json) printJson(io, body);
  else io.out.write(table(taskRows(io, listOf(objectOf(body)['tasks']).map(readTask))));
  return EXIT.ok;
}

async function kill(context: Context, ids: readonly string[], options: Options): Promise<ExitCode> {
  if (options.scale === true && options.wipe === true) throw new Problem(EXIT.usage, '--scale and --wipe exclude each other');
  const given = (value: boolean | undefined): string | undefined => (value === true ? 'true' : undefined);
  const query = { scale: given(options.scale), wipe: given(options.wipe), force: given(options.force) };
  const send = () => context.client.send('POST', '/v2/tasks/delete', { query, body: { ids } });
  if (options.scale === true) return change(context, options, send);
  const body = (await send()).body;
  const killed = listOf(objectOf(body)['tasks']).map((task) => readTask(task).id);
  if (context.json) printJson(context.io, body);
  else for (const id of killed) context.io.out.write(`${id}\n`);
  if (killed.length === 0) throw new Problem(EXIT.refused, `no such task: ${ids.join(', ')}`);
  return EXIT.ok;
}

async function log({ io, client, json }: Context, which: string, options: Options): Promise<ExitCode> {
  const { id, task } = await taskOf(io, client, which);
  const request: LogRequest = { taskId: id, stream: options.stderr === true ? 'stderr' : 'stdout', last: options.last ?? null };
  const sink = createSink(io, request, json);
  try {
    // A task that has ended writes nothing more.
    if (options.follow === true && task !== null && isLive(task.state)) await followLog(io, client, request, task, sink.take);
    else await readLog(client, request, sink.take);
  } finally {
    await sink.end();
  }
  return EXIT.ok;
}

/** The task that is meant: by its id, by its instance's, or the newest one of an app, running ones first. */
async function taskOf(io: Io, client: Client, which: string): Promise<{ readonly id: string; readonly task: TaskAnswer | null }> {
  if (instanceOfTask(which) !== null) {
    const all = listOf(objectOf((await client.send('GET', '/v2/tasks')).body)['tasks']).map(readTask);
    const task = all.find(({ id }) => id === which || id.startsWith(`${which}.`)) ?? null;
    // One that is not listed has ended; its log may still be there.
    return { id: task?.id ?? which, task };
  }
  const tasks = listOf(objectOf((await client.send('GET', `/v2/apps${pathOf(which)}/tasks`)).body)['tasks']).map(readTask);
  const order = (task: TaskAnswer): string => `${task.state === 'TASK_RUNNING' ? 1 : 0}${task.startedAt || task.stagedAt}`;
  const newest = tasks.toSorted((a, b) => (order(a) < order(b) ? 1 : -1))[0];
  if (newest === undefined) throw new Problem(EXIT.refused, `${which} has no task`);
  if (tasks.length > 1) io.err.write(`${newest.id}, the newest of ${tasks.length} tasks\n`);
  return { id: newest.id, task: newest };
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };

function parseSize(text: string): number {
  const parts = /^(\d{1,9})([km]?)$/i.exec(text);
  const size = Number(parts?.[1]) * (SIZES[parts?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  if (!Number.isFinite(size)) throw new Problem(EXIT.usage, `'${text}' is no size: write 500, 64k or 1m`);
  return size;
}
