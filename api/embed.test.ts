import { expect, test } from 'vitest';
import { ONE_APP, parseAppEmbed } from './embed.ts';

const NOTHING = { tasks: false, lastTaskFailure: false, readiness: false, taskStats: false };

test.each([
  [[], NOTHING],
  [['nonsense', 'apps.counts', 'deployments'], NOTHING],
  [['apps.tasks'], { ...NOTHING, tasks: true }],
  [['app.tasks'], { ...NOTHING, tasks: true }],
  [['tasks'], { ...NOTHING, tasks: true }],
  [['group.apps.tasks'], { ...NOTHING, tasks: true }],
  [['apps.failures'], { ...NOTHING, tasks: true, lastTaskFailure: true }],
  [['app.lastTaskFailure'], { ...NOTHING, lastTaskFailure: true }],
  [['app.readiness', 'app.taskStats'], { ...NOTHING, readiness: true, taskStats: true }],
])('embed %j', (values, expected) => {
  expect(parseAppEmbed(values)).toEqual(expected);
});

test('one app shows its tasks and last failure unasked', () => {
  expect(parseAppEmbed([], ONE_APP)).toEqual({ ...NOTHING, tasks: true, lastTaskFailure: true });
});
