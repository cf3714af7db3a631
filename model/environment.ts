import type { App } from './app.ts';
import type { Chance } from './chance.ts';
import type { TaskId } from './ids.ts';
import { portEnvironment } from './ports.ts';
import type { Settings } from './settings.ts';
import { formatTimestamp } from './time.ts';
import { decimal } from './validate/texts.ts';

export interface TaskEnvironmentInput {
  readonly app: App;
  readonly taskId: TaskId;
  /** The agent's name, as tasks see it. */
  readonly host: string;
  readonly hostPorts: readonly (number | null)[];
  readonly settings: Pick<Settings, 'envVarsPrefix'>;
  readonly chance: Pick<Chance, 'next'>;
  readonly enforceGroupRole: boolean;
}

/**
 * Everything the scheduler puts into a task's environment (Marathon). The app's own variables win over all. `--env_vars_prefix` goes
 * before HOST and PORT… only. Variables that refer to a secret are left out: whoever knows secrets adds them.
 */
export function taskEnvironment(input: TaskEnvironmentInput): Record<string, string> {
  const { app, host, hostPorts, settings, chance } = input;
  const prefix = settings.envVarsPrefix ?? '';
  const prefixed = Object.entries({ HOST: host, ...portEnvironment(app, hostPorts, chance) }).map(([name, value]): [string, string] => [
    prefix + name,
    value,
  ]);
  const own = Object.entries(app.env).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  // fromEntries: a variable named `__proto__` is a variable. A name that comes again keeps its later value.
  return Object.fromEntries([...Object.entries(appVariables(input)), ...prefixed, ...own]);
}

function appVariables({ app, taskId, enforceGroupRole }: TaskEnvironmentInput): Record<string, string> {
  const image = app.container?.type === 'DOCKER' ? app.container.docker?.image : undefined;
  return {
    MESOS_TASK_ID: taskId,
    MARATHON_APP_ID: app.id,
    MARATHON_APP_VERSION: formatTimestamp(app.version),
    ...(image === undefined ? {} : { MARATHON_APP_DOCKER_IMAGE: image }),
    MARATHON_APP_RESOURCE_CPUS: decimal(app.cpus),
    MARATHON_APP_RESOURCE_MEM: decimal(app.mem),
    MARATHON_APP_RESOURCE_DISK: decimal(app.disk),
    MARATHON_APP_RESOURCE_GPUS: String(app.gpus),
    MARATHON_APP_ENFORCE_GROUP_ROLE: enforceGroupRole ? 'TRUE' : 'FALSE',
    ...labelVariables(app.labels),
  };
}

/** Marathon: longer labels are not exported. */
const KEY_LENGTH_MAX = 492;
const VALUE_LENGTH_MAX = 511;

function labelVariables(labels: Readonly<Record<string, string>>): Record<string, string> {
  const exported = new Map<string, string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.length > KEY_LENGTH_MAX || value.length > VALUE_LENGTH_MAX) continue;
    exported.set(key.replace(/[^a-zA-Z0-9_]+/g, '_').toUpperCase(), value);
  }
  const variables = [...exported].map(([key, value]): [string, string] => [`MARATHON_APP_LABEL_${key}`, value]);
  return { MARATHON_APP_LABELS: [...exported.keys()].join(' '), ...Object.fromEntries(variables) };
}
