import type { App } from '../../model/app.ts';
import type { Action } from '../../model/deployment.ts';
import { instanceIdOf, type RunSpecId } from '../../model/ids.ts';
import type { Instance } from '../../model/instance.ts';
import { decommission } from '../instances/drive.ts';
import type { State } from '../state.ts';
import { writeInstance, type Turn } from '../turn.ts';
import { decideRestart, decideScale, decideStop, type RolloutDecision } from './rollout.ts';

/** Looks at one run spec: decides by its deployment's action (or, without one, by its definition) and sets its instances' goals. */
export function steer(turn: Turn, id: RunSpecId, action: Action | null): RolloutDecision {
  const app = turn.state.apps.get(id);
  const decision = decide(turn.state, id, action);
  for (const instance of decision.decommission) decommission(turn, instance);
  if (app !== undefined) for (let n = 0; n < decision.start; n += 1) addInstance(turn, app);
  return decision;
}

/** What a run spec needs by its deployment's action, or without one by its definition. */
export function decide(state: State, id: RunSpecId, action: Action | null): RolloutDecision {
  const app = state.apps.get(id);
  const roster = state.rosters.get(id);
  if (app === undefined || action?.action === 'StopApplication') return decideStop(roster);
  if (action?.action === 'RestartApplication') return decideRestart(state, app, roster);
  if (action?.action === 'StartApplication') return { start: 0, decommission: [], done: true, waitingFor: null };
  return decideScale(state, app, roster, action);
}

function addInstance(turn: Turn, app: App): void {
  const instance: Instance = {
    id: instanceIdOf(app.id, turn.chance.uuid('time')),
    runSpecId: app.id,
    runSpecVersion: app.version,
    createdAt: turn.now,
    incarnation: 0,
    goal: 'Running',
    condition: 'Scheduled',
    since: turn.now,
    queuedAt: turn.now,
    activeSince: null,
    placement: null,
    task: null,
    health: [],
    healthy: null,
    kill: null,
    role: app.role,
  };
  writeInstance(turn, instance);
  turn.state.volatile.placementDirty = true;
}
