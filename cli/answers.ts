import { listOf, numberOf, objectOf, textOf } from './read.ts';

/** What the command reads of an app in the server's answers. */
export interface AppAnswer {
  readonly id: string;
  readonly instances: number;
  readonly running: number;
  readonly staged: number;
  readonly healthy: number;
  readonly unhealthy: number;
  readonly hasHealthChecks: boolean;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  /** What it runs, in one line. */
  readonly runs: string;
  readonly version: string;
  readonly deployments: readonly string[];
  readonly tasks: readonly TaskAnswer[];
  /** Null when no task of it failed. */
  readonly lastFailure: {
    readonly at: string;
    readonly state: string;
    readonly message: string;
    readonly host: string;
    readonly taskId: string;
  } | null;
}

export interface TaskAnswer {
  readonly id: string;
  readonly appId: string;
  readonly state: string;
  /** Over all its checks; empty when there is no result. */
  readonly health: 'healthy' | 'unhealthy' | '';
  readonly host: string;
  readonly ports: readonly number[];
  readonly stagedAt: string;
  readonly startedAt: string;
}

export interface DeploymentAnswer {
  readonly id: string;
  readonly version: string;
  readonly apps: readonly string[];
  readonly step: number;
  readonly steps: number;
  readonly actions: readonly { readonly action: string; readonly app: string }[];
  /** Apps that it removes. */
  readonly stops: ReadonlySet<string>;
}

/** An app of `/v2/apps`, `/v2/apps/{id}` or a 201. */
export function readApp(value: unknown): AppAnswer {
  const app = objectOf(value);
  const failure = objectOf(app['lastTaskFailure']);
  const docker = objectOf(objectOf(app['container'])['docker']);
  const args = listOf(app['args']).map(textOf);
  const command = textOf(app['cmd']) || args.join(' ');
  return {
    id: textOf(app['id']),
    instances: numberOf(app['instances']),
    running: numberOf(app['tasksRunning']),
    staged: numberOf(app['tasksStaged']),
    healthy: numberOf(app['tasksHealthy']),
    unhealthy: numberOf(app['tasksUnhealthy']),
    hasHealthChecks: listOf(app['healthChecks']).length > 0,
    cpus: numberOf(app['cpus']),
    mem: numberOf(app['mem']),
    disk: numberOf(app['disk']),
    runs: [textOf(docker['image']), command].filter((part) => part !== '').join(': '),
    version: textOf(app['version']),
    deployments: listOf(app['deployments']).map((deployment) => textOf(objectOf(deployment)['id'])),
    tasks: listOf(app['tasks']).map(readTask),
    lastFailure:
      textOf(failure['taskId']) === ''
        ? null
        : {
            at: textOf(failure['timestamp']),
            state: textOf(failure['state']),
            message: textOf(failure['message']),
            host: textOf(failure['host']),
            taskId: textOf(failure['taskId']),
          },
  };
}

export function readTask(value: unknown): TaskAnswer {
  const task = objectOf(value);
  const results = listOf(task['healthCheckResults']).map((result) => objectOf(result)['alive'] === true);
  return {
    id: textOf(task['id']),
    appId: textOf(task['appId']),
    state: textOf(task['state']),
    health: results.length === 0 ? '' : results.every(Boolean) ? 'healthy' : 'unhealthy',
    host: textOf(task['host']),
    ports: listOf(task['ports']).map(numberOf),
    stagedAt: textOf(task['stagedAt']),
    startedAt: textOf(task['startedAt']),
  };
}

export function readDeployment(value: unknown): DeploymentAnswer {
  const deployment = objectOf(value);
  const readAction = (action: unknown) => {
    const fields = objectOf(action);
    return { action: textOf(fields['action']), app: textOf(fields['app']) || textOf(fields['pod']) };
  };
  const planned = listOf(deployment['steps']).flatMap((step) => listOf(objectOf(step)['actions']).map(readAction));
  return {
    id: textOf(deployment['id']),
    version: textOf(deployment['version']),
    apps: listOf(deployment['affectedApps']).map(textOf),
    step: numberOf(deployment['currentStep']),
    steps: numberOf(deployment['totalSteps']),
    actions: listOf(deployment['currentActions']).map(readAction),
    stops: new Set(planned.filter(({ action }) => action.startsWith('Stop')).map(({ app }) => app)),
  };
}

/** The deployment that a change started, from its header or its body; '' when it started none. */
export function deploymentIdOf(answer: { readonly headers: Readonly<Record<string, unknown>>; readonly body: unknown }): string {
  const body = objectOf(answer.body);
  return (
    textOf(answer.headers['marathon-deployment-id']) ||
    textOf(body['deploymentId']) ||
    textOf(objectOf(listOf(body['deployments'])[0])['id'])
  );
}
