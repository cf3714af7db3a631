/** Where instances are placed is left to chance, but for their constraints: those of the recorded scenario hold, in Marathon and here. */
import { expect, test } from 'vitest';
import { recording } from './recording.ts';
import { SCENARIOS } from './scenarios.ts';
import { stage } from './stage.ts';

interface Task {
  readonly appId: string;
  readonly host: string;
  readonly zone: string;
}

const rackOf = ({ host }: Task): number => (Number(/\d+/.exec(host)?.[0]) % 2) + 1;
const countsOf = (values: readonly (string | number)[]): number[] =>
  [...new Set(values)].map((value) => values.filter((other) => other === value).length).sort();

/** Whether the tasks of an app stand where its constraint allows. */
const HOLDS: Readonly<Record<string, (tasks: readonly Task[]) => boolean>> = {
  '/p/unique': (tasks) => countsOf(tasks.map(({ host }) => host)).join() === '1,1,1',
  '/p/cluster': (tasks) => tasks.every((task) => rackOf(task) === 2),
  '/p/groupby': (tasks) => countsOf(tasks.map(rackOf)).join() === '2,2',
  '/p/unlike': (tasks) => tasks.every((task) => rackOf(task) !== 1),
  '/p/is': (tasks) => tasks.every((task) => rackOf(task) === 1),
  '/p/zone': (tasks) => countsOf(tasks.map(({ zone }) => zone)).join() === '1,1,1',
};

function broken(body: string): string[] {
  const { tasks }: { readonly tasks: readonly Task[] } = JSON.parse(body);
  return Object.entries(HOLDS).flatMap(([app, holds]) => (holds(tasks.filter(({ appId }) => appId === app)) ? [] : [app]));
}

test('constraints hold', async () => {
  const scenario = SCENARIOS.find(({ file }) => file.startsWith('placement.'));
  if (scenario === undefined) throw new Error('no scenario of placement');
  const exchanges = recording(scenario.file);
  const { world, api } = await stage(scenario, exchanges);
  for (const { request } of exchanges) {
    if (request.path !== '/v2/apps' || request.body === null) continue;
    await api.inject({ method: 'POST', url: request.path, headers: { host: 'localhost', ...request.headers }, payload: request.body });
  }
  await world.advance(20_000);
  const ours = await api.inject({ method: 'GET', url: '/v2/tasks', headers: { host: 'localhost' } });
  await api.close();
  await world.server().stop({ tasks: 'kill' });
  const theirs = exchanges.find(({ request }) => request.path === '/v2/tasks')?.response.body ?? '{"tasks":[]}';
  expect(broken(theirs)).toEqual([]);
  expect(broken(ours.body)).toEqual([]);
  expect(broken('{"tasks":[]}')).not.toEqual([]);
});
