import type { App } from '../model/app.ts';
import type { Change, StoredRecord } from '../model/change.ts';
import type { Deployment } from '../model/deployment.ts';
import type { DeploymentId, InstanceId, RunSpecId } from '../model/ids.ts';
import { isScheduled, type Instance } from '../model/instance.ts';
import { servicePortsOf } from '../model/normalise/servicePorts.ts';
import { never } from '../model/result.ts';
import type { Roster, State } from './state.ts';
import { tallyInstance } from './tally.ts';

/** The only writer of records: puts one change into the state and keeps every index and count true. */
export function apply(state: State, change: Change): void {
  switch (change.kind) {
    case 'app':
      return applyApp(state, change.key, change.value);
    case 'appVersion':
      return applyVersion(state, change);
    case 'group':
      if (change.value === null) state.groups.delete(change.key);
      else state.groups.set(change.key, change.value);
      return;
    case 'instance':
      return applyInstance(state, change.key, change.value);
    case 'deployment':
      return applyDeployment(state, change.key, change.value);
    case 'delay':
      if (change.value === null) state.delays.delete(change.key);
      else state.delays.set(change.key, change.value);
      return;
    case 'taskFailure':
      if (change.value === null) state.taskFailures.delete(change.key);
      else state.taskFailures.set(change.key, change.value);
      return;
    case 'identity':
      if (change.value !== null) state.identity = change.value;
      return;
    default:
      never(change);
  }
}

/** Fills a fresh state from the store. Records come in no particular order, so the ordered ones are sorted here. */
export function load(state: State, records: readonly StoredRecord[]): void {
  const order = (record: StoredRecord): number => {
    switch (record.kind) {
      case 'appVersion':
        return record.value.version;
      case 'deployment':
        return record.value.startedAt;
      case 'instance':
        return record.value.createdAt;
      default:
        return 0;
    }
  };
  for (const record of [...records].sort((a, b) => order(a) - order(b))) apply(state, record);
  for (const id of state.versions.keys()) if (!state.apps.has(id)) state.volatile.deletedApps.add(id);
}

function applyApp(state: State, id: RunSpecId, value: App | null): void {
  const before = state.apps.get(id);
  if (before === undefined || value === null) state.sortedApps = null;
  countServicePorts(state, before, -1);
  if (value === null) state.apps.delete(id);
  else state.apps.set(id, value);
  countServicePorts(state, value ?? undefined, 1);
}

function countServicePorts({ servicePorts }: State, app: App | undefined, by: 1 | -1): void {
  for (const port of app === undefined ? [] : servicePortsOf(app)) {
    const count = (servicePorts.get(port) ?? 0) + by;
    if (count > 0) servicePorts.set(port, count);
    else servicePorts.delete(port);
  }
}

function applyVersion(state: State, change: Extract<Change, { kind: 'appVersion' }>): void {
  const at = change.key.lastIndexOf('@');
  const id = change.key.slice(0, at) as RunSpecId;
  const version = Number(change.key.slice(at + 1));
  const known = state.versions.get(id);
  if (change.value !== null) {
    if (known === undefined) state.versions.set(id, new Map([[version, change.value]]));
    else known.set(version, change.value);
  } else if (known?.delete(version) === true && known.size === 0) {
    state.versions.delete(id);
  }
}

function applyInstance(state: State, id: InstanceId, value: Instance | null): void {
  const before = state.instances.get(id);
  if (before !== undefined) {
    const roster = rosterOf(state, before.runSpecId);
    tallyInstance(roster.tally, before, -1);
    roster.scheduled.delete(id);
    roster.leaving.delete(id);
    if (value === null) {
      roster.all.delete(id);
      state.instances.delete(id);
    }
  }
  if (before !== undefined) settleRoster(state, before);
  if (value === null) return;
  const roster = rosterOf(state, value.runSpecId);
  state.instances.set(id, value);
  roster.all.set(id, value);
  tallyInstance(roster.tally, value, 1);
  if (isScheduled(value)) {
    roster.scheduled.add(id);
    state.waitingSpecs.add(value.runSpecId);
  }
  if (value.goal !== 'Running') roster.leaving.add(id);
  if (value.condition === 'Provisioned') state.provisionedSpecs.add(value.runSpecId);
}

function settleProvisioned(state: State, spec: RunSpecId): void {
  for (const row of state.rosters.get(spec)?.tally.values() ?? []) if (row.condition === 'Provisioned') return;
  state.provisionedSpecs.delete(spec);
}

function applyDeployment(state: State, id: DeploymentId, value: Deployment | null): void {
  const before = state.deployments.get(id);
  if (before !== undefined && value === null) {
    for (const { id: spec } of before.changed) {
      const locks = state.locks.get(spec);
      if (locks?.delete(id) === true && locks.size === 0) state.locks.delete(spec);
    }
    state.deployments.delete(id);
  }
  if (value === null) return;
  state.deployments.set(id, value);
  if (before !== undefined) return;
  for (const { id: spec } of value.changed) {
    const locks = state.locks.get(spec);
    if (locks === undefined) state.locks.set(spec, new Set([id]));
    else locks.add(id);
  }
}

/** Takes a run spec out of the indexes that it was in because of an instance that has changed or gone. */
function settleRoster(state: State, { runSpecId: spec, condition }: Instance): void {
  const roster = state.rosters.get(spec);
  if (roster === undefined) return;
  if (condition === 'Provisioned') settleProvisioned(state, spec);
  if (roster.scheduled.size === 0) state.waitingSpecs.delete(spec);
  if (roster.all.size === 0) state.rosters.delete(spec);
}

function rosterOf(state: State, spec: RunSpecId): Roster {
  let roster = state.rosters.get(spec);
  if (roster === undefined) {
    roster = { all: new Map(), scheduled: new Set(), leaving: new Set(), tally: new Map() };
    state.rosters.set(spec, roster);
  }
  return roster;
}
