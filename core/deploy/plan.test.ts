import { describe, expect, test } from 'vitest';
import type { App } from '../../model/app.ts';
import { parseRunSpecId, type RunSpecId } from '../../model/ids.ts';
import { settleApp } from '../../model/normalise/settle.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { parseApp } from '../../model/update.ts';
import { hasCycle, planSteps, type AppDifference } from './plan.ts';

function idOf(text: string): RunSpecId {
  const id = parseRunSpecId(text);
  if (!id.ok) throw new Error(id.error);
  return id.value;
}

function app(name: string, definition: Record<string, unknown> = {}): App {
  const update = parseApp({ id: name, cmd: 'sleep 1000', ...definition });
  if (!update.ok) throw new Error(JSON.stringify(update.error));
  const roles = { valid: ['*'], default: '*' };
  const settled = settleApp({ update: update.value, existing: null, mode: 'create', id: idOf(name), settings: DEFAULT_SETTINGS, roles });
  if (!settled.ok) throw new Error(JSON.stringify(settled.error));
  return settled.value;
}

function difference(before: App | null, after: App | null, restart = false): AppDifference {
  const id = (after ?? before)!.id;
  return { id, before, after, restart };
}

function stepsOf(differences: readonly AppDifference[], others: readonly App[] = []): string[][] {
  const apps = new Map(
    [...others, ...differences.map(({ after }) => after).filter((each) => each !== null)].map((each) => [each.id, each]),
  );
  return planSteps(differences, apps, new Map()).map(({ actions }) => actions.map(({ action, app: id }) => `${action} ${id}`).sort());
}

describe('the steps of a deployment', () => {
  const [a, b] = [app('/a'), app('/b')];
  const c = app('/c', { dependencies: ['/b'] });

  test.each<[string, AppDifference[], string[][]]>([
    ['a new app', [difference(null, a)], [['StartApplication /a'], ['ScaleApplication /a']]],
    ['a new app without instances', [difference(null, app('/a', { instances: 0 }))], [['StartApplication /a'], ['ScaleApplication /a']]],
    ['another command', [difference(a, app('/a', { cmd: 'sleep 2' }))], [['RestartApplication /a']]],
    ['more instances', [difference(a, app('/a', { instances: 3 }))], [['ScaleApplication /a']]],
    ['other labels', [difference(a, app('/a', { labels: { x: 'y' } }))], [['RestartApplication /a']]],
    ['another command and no instances', [difference(a, app('/a', { cmd: 'sleep 2', instances: 0 }))], [['ScaleApplication /a']]],
    ['a removed app', [difference(a, null)], [['StopApplication /a']]],
    ['nothing', [difference(a, a)], []],
    ['a restart', [difference(a, a, true)], [['RestartApplication /a']]],
    [
      'two new independent apps',
      [difference(null, a), difference(null, b)],
      [
        ['StartApplication /a', 'StartApplication /b'],
        ['ScaleApplication /a', 'ScaleApplication /b'],
      ],
    ],
    [
      'a new app and its new dependency',
      [difference(null, c), difference(null, b)],
      [['StartApplication /b', 'StartApplication /c'], ['ScaleApplication /b'], ['ScaleApplication /c']],
    ],
  ])('%s', (_, differences, steps) => {
    expect(stepsOf(differences)).toEqual(steps);
  });

  test('everything at once is ordered: stop, start, then by dependency', () => {
    const mongo = app('/mongo');
    const service = app('/service', { dependencies: ['/mongo'] });
    const fresh = app('/new', { dependencies: ['/service'] });
    const differences = [
      difference(a, null),
      difference(null, fresh),
      difference(mongo, { ...mongo, cmd: 'sleep 2' }),
      difference(service, { ...service, cmd: 'sleep 2' }),
      difference(b, { ...b, cmd: 'sleep 2' }),
    ];
    expect(stepsOf(differences)).toEqual([
      ['StopApplication /a'],
      ['StartApplication /new'],
      ['RestartApplication /b', 'RestartApplication /mongo'],
      ['RestartApplication /service'],
      ['ScaleApplication /new'],
    ]);
  });

  test('a dependency on a group is one on everything below it', () => {
    const db = app('/db/one');
    const web = app('/web', { dependencies: ['/db'] });
    expect(stepsOf([difference(null, web), difference(null, db)]).slice(1)).toEqual([
      ['ScaleApplication /db/one'],
      ['ScaleApplication /web'],
    ]);
  });

  test.each<[string, [string, string[]][], boolean]>([
    [
      'a chain',
      [
        ['/a', ['/b']],
        ['/b', ['/c']],
        ['/c', []],
      ],
      false,
    ],
    [
      'a circle',
      [
        ['/a', ['/b']],
        ['/b', ['/a']],
      ],
      true,
    ],
    ['itself', [['/a', ['/a']]], true],
    ['what does not exist', [['/a', ['/nowhere']]], false],
    [
      'a circle through a group',
      [
        ['/g/a', ['/b']],
        ['/b', ['/g']],
      ],
      true,
    ],
  ])('%s is a cycle or not', (_, definitions, expected) => {
    const apps = definitions.map(([id, dependencies]) => app(id, { dependencies }));
    expect(hasCycle(new Map(apps.map((each) => [each.id, each])))).toBe(expected);
  });
});
