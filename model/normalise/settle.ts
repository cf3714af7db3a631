import type { App, HealthCheck } from '../app.ts';
import type { FieldError, Refusal, UpdateMode } from '../command.ts';
import { parseRunSpecId, type RunSpecId } from '../ids.ts';
import { definitionOf, renderHealthCheck } from '../json/app.ts';
import { err, ok, type Result } from '../result.ts';
import type { Settings } from '../settings.ts';
import { rollbackVersion, type AppUpdate } from '../update.ts';
import { appErrors } from '../validate/app.ts';
import { oldFormatErrors } from '../validate/oldFormat.ts';
import { residentChangeErrors } from '../validate/resident.ts';
import { completeApp } from './complete.ts';
import { completeHealthCheck } from './health.ts';
import { migrate } from './migrate.ts';

export interface SettleInput {
  readonly update: AppUpdate;
  /** The app that is changed; null when it does not exist yet. */
  readonly existing: App | null;
  readonly mode: UpdateMode;
  /** The id by the URL, which wins over the body's; null = the body's, relative to the root. */
  readonly id: RunSpecId | null;
  readonly settings: Settings;
  /** Roles that the app's group allows (the app's present role among them), and the one it gets when it names none. */
  readonly roles: { readonly valid: readonly string[]; readonly default: string };
}

/**
 * Makes an app of what a client sent: migrated, laid over what exists, every default filled in, validated (Marathon's order, texts and
 * paths). Versions are those of the existing app, or 0; service ports that nobody named are still 0.
 */
export function settleApp({ update, existing, mode, id: idByPath, settings, roles }: SettleInput): Result<App, Refusal> {
  const base = mode === 'partial' ? existing : null;
  if (idByPath === null && update.id === undefined)
    return err({ is: 'Illegal', message: 'requirement failed: App Update must have app id set' });
  const id = idByPath === null ? parseRunSpecId(update.id ?? '') : ok(idByPath);
  if (!id.ok) return invalid([{ path: '/id', errors: [id.error] }, ...rootError(id.error)]);
  if (base !== null && rollbackVersion(update) === 'mixed')
    return invalid([{ path: '/', errors: ["The 'version' field may only be combined with the 'id' field."] }]);

  const oldErrors = oldFormatErrors(update);
  if (oldErrors.length > 0) return invalid(oldErrors);
  const migrated = migrate(update, settings);
  if (!migrated.ok) return err({ is: 'Failed', message: migrated.error });

  const definition = base === null ? migrated.value : mergeOver(base, migrated.value, update);
  const role = definition.role ?? roles.default;
  const completed = completeApp(definition, id.value, role, portIndexRule(update, definition, base), settings);
  const app: App = {
    ...completed.app,
    version: existing?.version ?? 0,
    lastScalingAt: existing?.lastScalingAt ?? 0,
    lastConfigChangeAt: existing?.lastConfigChangeAt ?? 0,
  };

  const errors = appErrors(app, definition, settings);
  if (errors.length > 0) return invalid(errors);
  if (completed.failure !== null) return err({ is: 'Failed', message: completed.failure });
  const lateErrors = roleErrors(app, roles.valid);
  if (lateErrors.length > 0) return invalid(lateErrors);
  const changeErrors = existing === null ? [] : residentChangeErrors(existing, app);
  return changeErrors.length > 0 ? invalid(changeErrors) : ok(app);
}

function invalid(details: readonly FieldError[]): Result<never, Refusal> {
  return err({ is: 'Invalid', details });
}

function rootError(idError: string): FieldError[] {
  return idError.startsWith('Path must contain') ? [{ path: '/', errors: ['must not be root'] }] : [];
}

/** Given fields replace the old ones as a whole. An old `ipAddress` alone does not take the container away. */
function mergeOver(existing: App, migrated: AppUpdate, update: AppUpdate): AppUpdate {
  const { container, ...rest } = migrated;
  const { portDefinitions, ...before } = definitionOf(existing);
  const isInvented = update.container === undefined && before.container !== undefined;
  const leavesHost = (rest.networks ?? []).some((network) => network.mode !== 'host');
  return {
    ...before,
    ...(portDefinitions === undefined || leavesHost ? {} : { portDefinitions }),
    ...rest,
    ...(container === undefined || isInvented ? {} : { container }),
  };
}

/**
 * Marathon gives health checks that name no port the index 0 when ports were declared in so many words. A check that
 * the app has already stays as it is: sending the same definition again must not replace all tasks.
 */
function portIndexRule(update: AppUpdate, definition: AppUpdate, base: App | null) {
  type HealthCheckUpdate = NonNullable<AppUpdate['healthChecks']>[number];
  if (base === null) {
    const onHost = (definition.networks ?? []).every((network) => network.mode === 'host');
    const declared = onHost ? (update.portDefinitions ?? []).length > 0 : definition.container !== undefined;
    return (): number | null => (declared ? 0 : null);
  }
  const textOf = (check: HealthCheck): string => JSON.stringify(renderHealthCheck(check));
  const known = new Set(base.healthChecks.map(textOf));
  return (check: HealthCheckUpdate): number | null => (known.has(textOf(completeHealthCheck(check, null))) ? null : 0);
}

/** Rules of roles, checked by Marathon after all others. */
function roleErrors(app: App, valid: readonly string[]): FieldError[] {
  const errors: string[] = [];
  if (app.residency !== null && app.role === '*') errors.push('Resident apps cannot have the role *');
  if (!valid.includes(app.role)) errors.push(`got ${app.role}, expected one of: [${valid.join(', ')}]`);
  return errors.length === 0 ? [] : [{ path: '/role', errors }];
}
