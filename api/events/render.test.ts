/** Every frame that Marathon 1.11 sent, taken apart and made again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { App, HealthCheck } from '../../model/app.ts';
import type { Deployment } from '../../model/deployment.ts';
import type { PublicEvent } from '../../model/event.ts';
import type { AgentId, DeploymentId, GroupId, InstanceId, RunSpecId, TaskId } from '../../model/ids.ts';
import type { Condition } from '../../model/instance.ts';
import type { IpAddress, TaskState } from '../../model/task.ts';
import { testApp, THEN } from '../testing.ts';
import { eventJson, frame, type StreamEvent } from './render.ts';

const FILES = ['events.events_1', 'events.events_light', 'health.health_http', 'health.health_command', 'readiness.readiness_1'];

function framesIn(file: string): string[] {
  const lines = readFileSync(join(import.meta.dirname, `../../test/fixtures/recorded/marathon/${file}.jsonl`), 'utf8').split('\n');
  const stream = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as { stream?: unknown; response: { body: string } });
  const body = stream.find((exchange) => exchange.stream !== undefined)?.response.body ?? '';
  return [...body.matchAll(/event: [^\r]+\r\ndata: [^\r]+\r\n\r\n/g)].map((found) => found[0]);
}

/** All fields of all types of events; each has some. */
interface Data {
  readonly eventType: string;
  readonly timestamp: string;
  readonly version: string;
  readonly runSpecVersion: string;
  readonly id: DeploymentId;
  readonly plan: { readonly id: DeploymentId; readonly version: string; readonly steps: Deployment['steps'] };
  readonly currentStep: { readonly actions: unknown };
  readonly appId: RunSpecId;
  readonly runSpecId: RunSpecId;
  readonly groupId: GroupId;
  readonly instanceId: InstanceId;
  readonly taskId: TaskId;
  readonly slaveId: AgentId;
  readonly agentId: AgentId | null;
  readonly host: string;
  readonly remoteAddress: string;
  readonly reason: string;
  readonly message: string;
  readonly condition: Condition;
  readonly taskStatus: TaskState;
  readonly ipAddresses: readonly IpAddress[];
  readonly ports: readonly number[];
  readonly healthy: boolean;
  readonly alive: boolean;
  readonly healthCheck: { readonly command?: { readonly value: string } } & Partial<Omit<HealthCheck, 'command'>>;
}

/** The event that such data tells of. Null: of a kind that is not ours yet (pods). */
function eventFrom(data: Data): PublicEvent | StreamEvent | null {
  const at = Date.parse(data.timestamp);
  const version = Date.parse(data.version);
  const runSpecVersion = Date.parse(data.runSpecVersion);
  const type = data.eventType;
  const { plan, appId, instanceId, runSpecId, agentId, taskId, host, reason } = data;
  const deployment: Deployment = {
    id: plan?.id,
    version: Date.parse(plan?.version),
    steps: plan?.steps,
    startedAt: at,
    stepIndex: 0,
    changed: [],
    groupsAdded: [],
  };
  switch (type) {
    case 'event_stream_attached':
      return { type, at, remoteAddress: data.remoteAddress };
    case 'group_change_success':
      return { type, at, groupId: data.groupId, version };
    case 'deployment_info':
    case 'deployment_step_success': {
      const current = JSON.stringify(data.currentStep.actions);
      return { type, at, deployment, stepIndex: plan.steps.findIndex(({ actions }) => JSON.stringify(actions) === current) };
    }
    case 'deployment_success':
      return { type, at, id: data.id, deployment };
    case 'deployment_failed':
      return { type, at, id: data.id, deployment, reason };
    case 'status_update_event': {
      const { taskStatus, message, ipAddresses, ports } = data;
      return { type, at, agentId: data.slaveId, taskId, taskStatus, message, appId, host, ipAddresses, ports, version };
    }
    case 'instance_changed_event':
      return { type, at, instanceId, condition: data.condition, runSpecId, agentId, host, runSpecVersion };
    case 'instance_health_changed_event':
      return { type, at, instanceId, runSpecId, healthy: data.healthy, runSpecVersion };
    case 'add_health_check_event':
      return { type, at, appId, version, healthCheck: checkFrom(data.healthCheck) };
    case 'failed_health_check_event':
      // Marathon: `taskId` holds the id of the instance.
      return { type, at, appId, instanceId: String(taskId) as InstanceId, healthCheck: checkFrom(data.healthCheck) };
    case 'remove_health_check_event':
    case 'app_terminated_event':
      return { type, at, appId };
    case 'health_status_changed_event':
      return { type, at, appId, instanceId, version, alive: data.alive };
    case 'unhealthy_instance_kill_event':
      return { type, at, appId, taskId, instanceId, version, reason, host, agentId: data.slaveId };
    default:
      return null;
  }
}

function checkFrom(check: Data['healthCheck']): HealthCheck {
  return { path: null, portIndex: null, port: null, ...check, command: check.command?.value ?? null } as HealthCheck;
}

describe.each(FILES)('%s', (file) => {
  const known = framesIn(file).flatMap((text) => {
    if (/"action":"\w+Pod"/.test(text)) return [];
    const event = eventFrom(JSON.parse(/data: (.*)\r\n\r\n$/.exec(text)?.[1] ?? '') as Data);
    return event === null ? [] : [[text, event] as const];
  });

  test('each frame comes out as it was, byte for byte', () => {
    expect(known.length).toBeGreaterThan(8);
    for (const [text, event] of known) expect(frame(event)).toBe(text);
  });
});

test('api_post_event carries the definition, of a new app without version information', () => {
  const app: App = testApp('/e');
  const event = { type: 'api_post_event', at: THEN, clientIp: '127.0.0.1', uri: '/v2/apps', app } as const;
  expect(Object.keys(eventJson({ ...event, created: true }))).toEqual(['clientIp', 'uri', 'appDefinition', 'eventType', 'timestamp']);
  expect(eventJson({ ...event, created: true })['appDefinition']).not.toHaveProperty('versionInfo');
  expect(eventJson({ ...event, created: false })['appDefinition']).toHaveProperty('versionInfo');
});

test.each<PublicEvent>([
  { type: 'group_change_failed', at: THEN, groupId: '/' as GroupId, version: THEN, reason: 'App is locked' },
  {
    type: 'unknown_instance_terminated_event',
    at: THEN,
    instanceId: 'a.instance-x' as InstanceId,
    runSpecId: '/a' as RunSpecId,
    condition: 'Killed',
  },
  { type: 'scheduler_registered_event', at: THEN, frameworkId: 'f', master: 'm:5050' },
  { type: 'scheduler_reregistered_event', at: THEN, master: 'm:5050' },
  { type: 'scheduler_disconnected_event', at: THEN },
])('$type says its type and time', (event) => {
  expect(eventJson(event)).toMatchObject({ eventType: event.type, timestamp: '2021-02-03T04:05:06.789Z' });
});

test('text of a user cannot break out of its line', () => {
  const event = {
    type: 'group_change_failed',
    at: THEN,
    groupId: '/' as GroupId,
    version: THEN,
    reason: 'a\r\n\r\nevent: fake\u2028',
  } as const;
  expect(frame(event).split('\r\n')).toHaveLength(4);
});
