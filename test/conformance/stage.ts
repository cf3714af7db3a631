import { createApi, type Api } from '../../api/api.ts';
import { DEFAULT_HTTP } from '../../api/options.ts';
import type { Orchestra } from '../../core/view.ts';
import type { TaskLife } from '../../engine/simulated/simulatedEngine.ts';
import { parseFlags } from '../../flags/parse.ts';
import { infoConfig, settingsFrom } from '../../flags/settings.ts';
import type { AgentInfo } from '../../model/agent.ts';
import type { AgentId } from '../../model/ids.ts';
import type { ProbeResult } from '../../model/probe.ts';
import type { Settings } from '../../model/settings.ts';
import type { TaskInfo } from '../../model/task.ts';
import { createLog } from '../../observe/log.ts';
import { createLogControl } from '../../observe/logControl.ts';
import { Metrics } from '../../observe/metrics.ts';
import { createWorld, lifeByCommand, type World } from '../simulation/world.ts';
import { offersAt, offersLike } from './offers.ts';
import { firstDone, launchMoments, type Exchange } from './recording.ts';
import type { Scenario } from './scenarios.ts';

/** What the scenario's test server, which health and readiness checks ask, answers after each exchange. */
export interface TestServer {
  seq: number;
}

/** Our API over a simulated cluster like the recorded one, at the moment when the scenario begins. */
export async function stage(
  scenario: Scenario,
  exchanges: readonly Exchange[],
): Promise<{ world: World; api: Api; testServer: TestServer }> {
  const testServer: TestServer = { seq: 0 };
  const flags = parseFlags(
    (exchanges[0]?.flags ?? '').split(' ').filter((word) => word !== ''),
    {},
  );
  if (!flags.ok) throw new Error(flags.error.message);
  const settings: Settings = { ...settingsFrom(flags.value), ...scenario.settings };
  const config = infoConfig(flags.value, 8080);
  const world = await createWorld({
    settings,
    machines: machinesOf(scenario),
    lifeOf: (task) => ({ ...recordedLife(task), ...scenario.life }),
    answerOf: () => answerOf(scenario, testServer.seq),
    offersAt:
      scenario.offers === undefined ? offersLike(launchMoments(exchanges), firstDone(exchanges), START) : offersAt(scenario.offers, START),
  });
  await world.advance(Math.max(0, START - world.time.now()));
  const log = createLog({ level: 'error', form: 'plain', sink: { write: () => true } });
  const orchestra: Orchestra = {
    ask: (name, ask) => world.ask(name, ask),
    read: (look) => world.look(look),
    subscribe: (listener) => world.server().subscribe(listener),
    standing: () => world.server().standing(),
  };
  const clock = world.time;
  const api = createApi({
    orchestra,
    settings,
    clock,
    http: { ...DEFAULT_HTTP, port: 0 },
    info: {
      name: 'marathon',
      version: '1.11.26',
      buildref: 'test',
      marathonConfig: config.marathon_config,
      zookeeperConfig: config.zookeeper_config,
      httpConfig: config.http_config,
    },
    uiDir: null,
    metrics: new Metrics('marathon', clock),
    log,
    logControl: createLogControl(log, clock),
    sandbox: { open: () => Promise.resolve(null) },
    abdicate: () => {},
    backup: (path) => Promise.resolve(path ?? ''),
  });
  return { world, api, testServer };
}

/** The virtual moment at which every scenario begins; the server has started by then. */
const START = Date.parse('2026-01-01T00:01:00.000Z');

function machinesOf({ agents = 3, cpus = 32, mem = 65_536, hostname = '', zones = false }: Scenario): AgentInfo[] {
  const scalar = (name: string, value: number) => ({ name, role: '*', value: { is: 'scalar', scalar: value } as const });
  return Array.from({ length: agents }, (_, n) => ({
    id: `5d3f1c62-9f43-4d4e-8f25-0f5e3a1b7c90-S${n}` as AgentId,
    host: hostname === '' ? `agent-${n}.sim` : hostname,
    resources: [
      scalar('cpus', cpus),
      scalar('mem', mem),
      scalar('disk', 102_400),
      { name: 'ports', role: '*', value: { is: 'ranges', ranges: [{ begin: 31_000, end: 32_000 }] } as const },
    ],
    attributes: [{ name: 'rack', value: { is: 'text', text: `rack-${(n % 2) + 1}` } as const }],
    region: zones ? 'region-1' : null,
    zone: zones ? `zone-${(n % 3) + 1}` : null,
  }));
}

/** As the recorded cluster's tasks lived: see `test/fixtures/recorded/marathon/README.md`. */
function recordedLife(task: TaskInfo): TaskLife {
  const text = 'shell' in task.command ? task.command.shell : task.command.argv.join(' ');
  return {
    ...lifeByCommand(task),
    confirmedAfter: 200,
    startsAfter: 500,
    diesAfter: 500,
    ipAddresses: [{ ipAddress: '9.0.0.1', protocol: 'IPv4' }],
    verdict: { after: 300, healthy: !text.includes('sim:unhealthy') },
  };
}

function answerOf({ testServer = [] }: Scenario, seq: number): ProbeResult {
  const status = testServer.findLast((change) => change.after <= seq)?.status ?? 200;
  const statusText = status === 200 ? 'OK' : status === 500 ? 'Internal Server Error' : 'Service Unavailable';
  return { is: 'response', status, statusText, contentType: '', body: `state ${status}` };
}
