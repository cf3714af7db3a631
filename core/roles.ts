import type { App } from '../model/app.ts';
import type { GroupId, RunSpecId } from '../model/ids.ts';
import type { State } from './state.ts';

/** Which roles an app may have, and which it gets when it names none. */
export interface ValidRoles {
  readonly valid: readonly string[];
  readonly default: string;
}

/**
 * Marathon: in the root only `--mesos_role`; in a group also the name of the top-level group, and only that where the group
 * enforces its role; always the role the app already has.
 */
export function validRoles(state: State, id: RunSpecId, before: App | null): ValidRoles {
  const { mesosRole, newGroupEnforceRole } = state.settings;
  const segments = id.split('/').slice(1);
  const own = before === null ? [] : [before.role];
  if (segments.length < 2) return { valid: unique([mesosRole, ...own]), default: mesosRole };
  const top = segments[0]!;
  const group = state.groups.get(`/${top}` as GroupId);
  const enforced = group === undefined ? newGroupEnforceRole === 'top' : group.enforceRole === true;
  return enforced ? { valid: unique([top, ...own]), default: top } : { valid: unique([mesosRole, top, ...own]), default: mesosRole };
}

/** True when the app's top-level group puts its own name on every role below it. */
export function enforcesGroupRole(state: State, id: RunSpecId): boolean {
  const segments = id.split('/').slice(1);
  return segments.length > 1 && state.groups.get(`/${segments[0]}` as GroupId)?.enforceRole === true;
}

/** Roles whose resources an app may use, its own first (Marathon: acceptedResourceRoles, else by flag). */
export function usableRoles(state: State, app: App): string[] {
  if (app.acceptedResourceRoles !== null) return unique([...app.acceptedResourceRoles].sort((a) => (a === '*' ? 1 : -1)));
  switch (state.settings.acceptedRolesDefault) {
    case 'any':
      return unique([app.role, '*']);
    case 'unreserved':
      return ['*'];
    case 'reserved':
      return [app.role];
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
