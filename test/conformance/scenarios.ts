import type { TaskLife } from '../../engine/simulated/simulatedEngine.ts';
import type { Settings } from '../../model/settings.ts';
import type { Millis } from '../../model/time.ts';
import type { Exchange } from './recording.ts';

/** A recorded scenario, and what is to be known beside its exchanges. */
export interface Scenario {
  readonly file: string;
  /** The cluster; the recorded one had three agents with 32 cpus unless noted. */
  readonly agents?: number;
  readonly cpus?: number;
  readonly mem?: number;
  /** All agents are the host of the scenario's test server. */
  readonly hostname?: string;
  readonly zones?: boolean;
  /** What the test server answers from which exchange on; 200 at first. */
  readonly testServer?: readonly { readonly after: number; readonly status: number }[];
  readonly settings?: Partial<Settings>;
  /** When offers come, in place of what the recording tells. */
  readonly offers?: readonly Millis[];
  readonly life?: Partial<TaskLife>;
  /** Requests that are not sent. */
  readonly leaveOut?: (exchange: Exchange) => boolean;
  /** Events that are not compared. */
  readonly eventsLeftOut?: RegExp;
}

/** Groups and pods are not there yet. */
const groupsAndPods = ({ request }: Exchange): boolean => /^\/v2\/(?:groups|pods)/.test(request.path);

const NAMES = [
  'apps-bulk.bulk_2',
  'apps-create.create_role_dev_1',
  'apps-create.create_valid_1',
  'apps-create.create_valid_nofeatures_b',
  'apps-invalid.invalid_1',
  'apps-invalid.invalid_features_2',
  'apps-lifecycle.lifecycle_1',
  'apps-lifecycle.lifecycle_3',
  'deployments.deploy_1',
  'roles.roles_top',
  'selectors.sel_1',
  'system.sys_1',
];

export const SCENARIOS: readonly Scenario[] = [
  ...NAMES.map((file) => ({ file, leaveOut: groupsAndPods })),
  { file: 'tasks.tasks_1', settings: { maxInstancesPerOffer: 2 } },
  { file: 'queue.queue_2', agents: 2, cpus: 4, mem: 4_096, offers: [9_600, 14_500] },
  { file: 'placement.place_1', agents: 5, zones: true, leaveOut: groupsAndPods },
  { file: 'events.events_1', leaveOut: groupsAndPods, eventsLeftOut: /v2\/pods|\/e-pod/ },
  { file: 'events.events_light', leaveOut: groupsAndPods, eventsLeftOut: /v2\/pods|\/l-pod/ },
  { file: 'events.events_misc' },
  // What is accepted and refused; volumes themselves are not there yet.
  { file: 'resident.resident_1', life: { diesAfter: 300 }, leaveOut: ({ name }) => !/\/(?:001|008|01[0-4]|018)-/.test(name) },
  { file: 'health.health_command' },
  {
    file: 'health.health_http',
    hostname: '127.0.0.1',
    // Our first probe comes an interval after the start; Marathon's when the clock of all of an app's probes ticks.
    offers: [13_569, 23_824],
    life: { startsAfter: 700 },
    testServer: [
      { after: 6, status: 500 },
      { after: 9, status: 200 },
    ],
  },
  {
    file: 'readiness.readiness_1',
    hostname: '127.0.0.1',
    testServer: [
      { after: 0, status: 503 },
      { after: 4, status: 200 },
      { after: 6, status: 503 },
      { after: 8, status: 200 },
    ],
  },
  {
    file: 'readiness.readiness_3',
    hostname: '127.0.0.1',
    testServer: [
      { after: 0, status: 503 },
      { after: 4, status: 200 },
      { after: 6, status: 503 },
      { after: 8, status: 200 },
    ],
  },
];
