import type { App } from '../../model/app.ts';
import type { RunSpecId } from '../../model/ids.ts';
import type { State } from '../state.ts';
import { write, type Turn } from '../turn.ts';

/** How a stored version is named. */
export function versionKey(app: App): string {
  return `${app.id}@${app.version}`;
}

/**
 * Bounds the history. Of an app, the newest `zk_max_versions` can be read back, and any that an instance still runs or a
 * deployment may return to; of deleted apps, the whole history of as many that went last.
 */
export function forgetOldVersions(turn: Turn, id: RunSpecId): void {
  const { state } = turn;
  const known = state.versions.get(id);
  if (known === undefined) return;
  if (!state.apps.has(id)) return forgetDeleted(turn, id);
  let surplus = known.size - state.settings.maxVersions;
  if (surplus <= 0) return;
  const used = versionsInUse(state, id);
  for (const app of known.values()) {
    if (surplus <= 0) return;
    if (used.has(app.version)) continue;
    write(turn, { kind: 'appVersion', key: versionKey(app), value: null });
    surplus -= 1;
  }
}

function versionsInUse(state: State, id: RunSpecId): Set<number> {
  const used = new Set<number>();
  for (const row of state.rosters.get(id)?.tally.values() ?? []) used.add(row.version);
  for (const deployment of state.locks.get(id) ?? []) {
    for (const { before } of state.deployments.get(deployment)?.changed ?? []) if (before !== null) used.add(before.version);
  }
  return used;
}

function forgetDeleted(turn: Turn, deleted: RunSpecId): void {
  const { state } = turn;
  const gone = state.volatile.deletedApps;
  gone.add(deleted);
  for (const id of gone) {
    if (gone.size <= state.settings.maxVersions) return;
    // Its last instances may still have to be told apart by what they run.
    if (state.rosters.has(id)) continue;
    gone.delete(id);
    for (const app of state.versions.get(id)?.values() ?? []) write(turn, { kind: 'appVersion', key: versionKey(app), value: null });
  }
}
