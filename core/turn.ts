import type { Change } from '../model/change.ts';
import type { Chance } from '../model/chance.ts';
import type { PublicEvent } from '../model/event.ts';
import type { InstanceId, RunSpecId } from '../model/ids.ts';
import type { Instance } from '../model/instance.ts';
import type { Operation } from '../model/operation.ts';
import type { Millis, Version } from '../model/time.ts';
import { apply } from './apply.ts';
import type { ProbeOrder, Reply } from './message.ts';
import type { State } from './state.ts';

/** Work on one batch of messages: the state as it becomes, and what is to follow from it. */
export interface Turn {
  readonly state: State;
  readonly now: Millis;
  readonly chance: Chance;
  readonly operations: Operation[];
  readonly probes: ProbeOrder[];
  readonly events: PublicEvent[];
  readonly replies: Reply[];
  readonly warnings: string[];
  /** One entry for each record: what a record was in between is nobody's business. */
  readonly changes: Map<string, Change>;
  /** Records that did not exist before this turn: removing them again leaves no trace. */
  readonly born: Set<string>;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export function openTurn(state: State, now: Millis, chance: Chance): Turn {
  return { state, now, chance, operations: [], probes: [], events: [], replies: [], warnings: [], changes: new Map(), born: new Set() };
}

/** Writes one record: into the state at once, into the store with the turn. */
export function write(turn: Turn, change: Change): void {
  const key = `${change.kind}/${change.key}`;
  if (!turn.changes.has(key) && change.value !== null && !exists(turn.state, change)) turn.born.add(key);
  apply(turn.state, change);
  if (change.value === null && turn.born.delete(key)) turn.changes.delete(key);
  else turn.changes.set(key, change);
}

/** Publishes an event of now. */
export function publish(turn: Turn, event: DistributiveOmit<PublicEvent, 'at'>): void {
  turn.events.push({ ...event, at: turn.now });
}

/** Writes an instance, marks it and its run spec for a look, and publishes the change if a reader could see one. */
export function writeInstance(turn: Turn, next: Instance): void {
  const before = turn.state.instances.get(next.id);
  write(turn, { kind: 'instance', key: next.id, value: next });
  touch(turn, next.runSpecId, next.id);
  if (before === undefined || before.condition !== next.condition || before.goal !== next.goal) publishInstance(turn, next);
}

/** Replaces an instance in memory only: for facts that a restart may forget (the time of the last success). */
export function noteInstance(turn: Turn, next: Instance): void {
  apply(turn.state, { kind: 'instance', key: next.id, value: next });
}

/** Forgets an instance, and all that was remembered beside it. */
export function removeInstance(turn: Turn, instance: Instance): void {
  const { volatile } = turn.state;
  write(turn, { kind: 'instance', key: instance.id, value: null });
  volatile.killsInFlight.delete(instance.id);
  volatile.killsWaiting.delete(instance.id);
  if (instance.task !== null) volatile.readiness.delete(instance.task.id);
  volatile.dirtySpecs.add(instance.runSpecId);
}

/** Asks for a look at a run spec, and at one of its instances, before the turn ends. */
export function touch(turn: Turn, spec: RunSpecId, instance?: InstanceId): void {
  turn.state.volatile.dirtySpecs.add(spec);
  if (instance !== undefined) turn.state.volatile.dirtyInstances.add(instance);
}

/** A version that no other change has: now, or the next free millisecond after the newest one. */
export function nextVersion(turn: Turn): Version {
  return Math.max(turn.now, turn.state.identity.rootVersion + 1);
}

function publishInstance(turn: Turn, instance: Instance): void {
  publish(turn, {
    type: 'instance_changed_event',
    instanceId: instance.id,
    condition: instance.condition,
    runSpecId: instance.runSpecId,
    agentId: instance.placement?.agentId ?? null,
    host: instance.placement?.host ?? null,
    runSpecVersion: instance.runSpecVersion,
  });
}

function exists(state: State, change: Change): boolean {
  switch (change.kind) {
    case 'app':
      return state.apps.has(change.key);
    case 'appVersion': {
      const at = change.key.lastIndexOf('@');
      return state.versions.get(change.key.slice(0, at) as RunSpecId)?.has(Number(change.key.slice(at + 1))) ?? false;
    }
    case 'group':
      return state.groups.has(change.key);
    case 'instance':
      return state.instances.has(change.key);
    case 'deployment':
      return state.deployments.has(change.key);
    case 'delay':
      return state.delays.has(change.key);
    case 'taskFailure':
      return state.taskFailures.has(change.key);
    case 'identity':
      return true;
  }
}
