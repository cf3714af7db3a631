import type { AnswerTo, Command, CommandName } from '../model/command.ts';
import { never } from '../model/result.ts';
import type { Chance } from '../model/chance.ts';
import type { Millis } from '../model/time.ts';
import { progress } from './deploy/progress.ts';
import { beginProbes, driveProbe, takeProbed } from './health/probes.ts';
import { drive, driveWaitingKills } from './instances/drive.ts';
import type { Message, Outcome } from './message.ts';
import { deleteApp, resetDelay, restartApp } from './messages/appCommands.ts';
import { cancelDeployment } from './messages/cancelDeployment.ts';
import { changeApps } from './messages/changeApps.ts';
import { takeEngineEvent } from './messages/engineEvents.ts';
import { killTasks } from './messages/killTasks.ts';
import { launch } from './place/launch.ts';
import type { State } from './state.ts';
import { openTurn, type Turn } from './turn.ts';

/**
 * One turn: what came in changes the state; then, once for each run spec and not for each message, goals are set, instances are
 * compared with their goals, and waiting ones are placed. The same state, messages, time and chance give the same outcome.
 */
export function turn(state: State, messages: readonly Message[], now: Millis, chance: Chance): Outcome {
  const turn = openTurn(state, now, chance);
  wakeWhatIsDue(turn);
  for (const message of messages) take(turn, message);
  settle(turn);
  return {
    changes: [...turn.changes.values()],
    operations: turn.operations,
    probes: turn.probes,
    events: turn.events,
    replies: turn.replies,
    warnings: turn.warnings,
    wakeAt: isUnsettled(state) ? now : state.volatile.deadlines.next(),
  };
}

/** Work is left over: placing made something change that wants to be placed, or there were too many rounds for one turn. */
function isUnsettled({ volatile, waitingSpecs }: State): boolean {
  const mayPlace = volatile.placementDirty && volatile.connected && volatile.offers.size > 0 && waitingSpecs.size > 0;
  return volatile.dirtySpecs.size > 0 || volatile.dirtyInstances.size > 0 || mayPlace;
}

/** After loading: looks at everything once, as if all of it had just changed. */
export function lookAtEverything(state: State): void {
  for (const id of state.rosters.keys()) state.volatile.dirtySpecs.add(id);
  for (const id of state.apps.keys()) state.volatile.dirtySpecs.add(id);
  for (const id of state.locks.keys()) state.volatile.dirtySpecs.add(id);
  for (const id of state.instances.keys()) state.volatile.dirtyInstances.add(id);
  state.volatile.placementDirty = true;
}

function wakeWhatIsDue(turn: Turn): void {
  const { volatile } = turn.state;
  for (const wake of volatile.deadlines.take(turn.now)) {
    switch (wake.is) {
      case 'spec':
        volatile.dirtySpecs.add(wake.spec);
        volatile.placementDirty = true;
        break;
      case 'instance':
        volatile.dirtyInstances.add(wake.instance);
        break;
      case 'probe':
        driveProbe(turn, wake.key);
        break;
    }
  }
}

function take(turn: Turn, message: Message): void {
  switch (message.is) {
    case 'command':
      turn.replies.push({ to: message.reply, answer: answer(turn, message.command) });
      return;
    case 'engine':
      return takeEngineEvent(turn, message.event);
    case 'probed':
      return takeProbed(turn, message.key, message.result);
    case 'wake':
      return;
    default:
      never(message);
  }
}

function answer(turn: Turn, command: Command): AnswerTo<CommandName> {
  switch (command.name) {
    case 'changeApps':
      return changeApps(turn, command);
    case 'deleteApp':
      return deleteApp(turn, command);
    case 'restartApp':
      return restartApp(turn, command);
    case 'killTasks':
      return killTasks(turn, command);
    case 'resetDelay':
      return resetDelay(turn, command);
    case 'cancelDeployment':
      return cancelDeployment(turn, command);
    default:
      return never(command);
  }
}

/** Goals and instances until nothing moves any more; then places; then once more for what was placed. */
function settle(turn: Turn): void {
  settleGoals(turn);
  launch(turn);
  settleGoals(turn);
}

/** Setting goals touches instances, and driving those may end a step, which sets goals again. */
function settleGoals(turn: Turn): void {
  const { volatile, instances } = turn.state;
  for (let round = 0; round < MAX_ROUNDS && (volatile.dirtySpecs.size > 0 || volatile.dirtyInstances.size > 0); round += 1) {
    progress(turn);
    const dirty = [...volatile.dirtyInstances];
    volatile.dirtyInstances.clear();
    for (const id of dirty) {
      const instance = instances.get(id);
      if (instance === undefined) continue;
      drive(turn, instance);
      beginProbes(turn, instances.get(id) ?? instance);
    }
    driveWaitingKills(turn);
  }
}

/** Each round settles a step; what more there is waits for the next turn. */
const MAX_ROUNDS = 100;
