import type { AppAnswer, DeploymentAnswer } from './answers.ts';
import type { Io } from './io.ts';
import { LiveLines, paint } from './terminal.ts';

/** What is known of the deployments that somebody waits for. */
export interface Standing {
  readonly running: readonly DeploymentAnswer[];
  readonly apps: ReadonlyMap<string, AppAnswer>;
  readonly seconds: number;
  /** Why nothing newer is known; null when all is well. */
  readonly trouble: string | null;
}

/** Shows how far deployments are. */
export interface Progress {
  show(standing: Standing): void;
  /** Takes away what would only be true for the moment. */
  end(): void;
}

/** Apps shown at most; the rest is counted. */
const APPS_MAX = 10;
const BAR = 10;

/** On a terminal some lines drawn anew; elsewhere a line for each change. Always on stderr. */
export function createProgress(io: Io): Progress {
  return io.err.isTTY === true && io.env['TERM'] !== 'dumb' ? liveProgress(io) : plainProgress(io);
}

function liveProgress(io: Io): Progress {
  const lines = new LiveLines(io.err);
  return {
    show({ running, apps, seconds, trouble }) {
      const drawn: string[] = [];
      for (const deployment of running) {
        const step = `step ${deployment.step}/${deployment.steps}`;
        const what = [...new Set(deployment.actions.map(({ action }) => action))].join(', ');
        drawn.push(`${paint(io, io.err, 'bold', deployment.id)}  ${step}  ${what}  ${Math.floor(seconds)} s`);
        for (const id of deployment.apps.slice(0, APPS_MAX)) {
          const app = apps.get(id);
          drawn.push(app === undefined ? `  ${id}` : `  ${bar(io, app)} ${countsOf(app)}  ${id}`);
        }
        if (deployment.apps.length > APPS_MAX) drawn.push(`  and ${deployment.apps.length - APPS_MAX} more`);
      }
      if (trouble !== null) drawn.push(paint(io, io.err, 'yellow', trouble));
      lines.draw(drawn);
    },
    end: () => lines.clear(),
  };
}

function plainProgress(io: Io): Progress {
  const said = new Map<string, string>();
  const say = (key: string, line: string): void => {
    if (said.get(key) === line) return;
    said.set(key, line);
    io.err.write(`${line}\n`);
  };
  return {
    show({ running, apps, trouble }) {
      if (trouble !== null) say('trouble', trouble);
      for (const deployment of running) {
        const actions = deployment.actions.map(({ action, app }) => `${action} ${app}`).join(', ');
        say(deployment.id, `${deployment.id}: step ${deployment.step}/${deployment.steps}${actions === '' ? '' : `: ${actions}`}`);
        for (const id of deployment.apps) {
          const app = apps.get(id);
          if (app !== undefined) say(id, `${id}: ${countsOf(app)}`);
        }
      }
    },
    end: () => {},
  };
}

/** `2/3 running, 1 healthy`. */
export function countsOf(app: AppAnswer): string {
  const health = app.hasHealthChecks ? `, ${app.healthy} healthy` : '';
  return `${app.running}/${app.instances} running${health}`;
}

function bar(io: Io, app: AppAnswer): string {
  const share = app.instances === 0 ? 1 : Math.min(1, (app.hasHealthChecks ? app.healthy : app.running) / app.instances);
  const full = Math.round(share * BAR);
  return paint(io, io.err, share === 1 ? 'green' : 'cyan', '█'.repeat(full)) + '░'.repeat(BAR - full);
}
