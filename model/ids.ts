import { err, ok, type Result } from './result.ts';

type Brand<Name extends string> = string & { readonly brand: Name };

/** Absolute, normalised path of an app or pod: `/shop/web`. */
export type RunSpecId = Brand<'RunSpecId'>;
/** Absolute, normalised path of a group; the root is `/`. */
export type GroupId = Brand<'GroupId'>;
/** `shop_web.instance-<uuid>`. */
export type InstanceId = Brand<'InstanceId'>;
/** `shop_web.instance-<uuid>._app.<incarnation>`. */
export type TaskId = Brand<'TaskId'>;
export type DeploymentId = Brand<'DeploymentId'>;
export type AgentId = Brand<'AgentId'>;
export type OfferId = Brand<'OfferId'>;
export type FrameworkId = Brand<'FrameworkId'>;

export const ROOT = '/' as GroupId;

/** Marathon: the rule of one path segment, quoted in its error messages. */
export const SEGMENT_PATTERN = '^(([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])\\.)*([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])|(\\.|\\.\\.)$';
const SEGMENT = new RegExp(`^(?:${SEGMENT_PATTERN.slice(1, -1)})$`);

/** Makes `path` absolute against `base`, drops empty segments and resolves `.` and `..`. Never fails. */
export function resolvePath(path: string, base: string = ROOT): string {
  const segments = path.startsWith('/') ? [] : base.split('/').filter((s) => s !== '');
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

/** True when every segment of an absolute path keeps Marathon's rule. */
export function hasLegalSegments(path: string): boolean {
  return path.split('/').every((segment) => segment === '' || SEGMENT.test(segment));
}

/** Parses an id from a URL or a body: with or without a leading slash, doubled and trailing slashes dropped. */
export function parseRunSpecId(text: string): Result<RunSpecId, string> {
  const path = resolvePath(text);
  if (path === '/') return err('Path must contain at least one path element');
  if (!hasLegalSegments(path)) return err(`must fully match regular expression '${SEGMENT_PATTERN}'`);
  return ok(path as RunSpecId);
}

/** The group that holds this app or group; the root's parent is the root. */
export function parentOf(id: RunSpecId | GroupId): GroupId {
  const cut = id.lastIndexOf('/');
  return (cut <= 0 ? '/' : id.slice(0, cut)) as GroupId;
}

/** True when `id` lies below `group`, at any depth. */
export function isBelow(id: string, group: GroupId): boolean {
  return group === ROOT ? id !== ROOT : id.startsWith(`${group}/`);
}

/** `/shop/web` → `shop_web`: how ids of instances and tasks spell the path. */
export function safePath(id: RunSpecId): string {
  return id.slice(1).replaceAll('/', '_');
}

/** Marathon: Mesos task name and discovery name, `/shop/web` → `web.shop`. */
export function taskName(id: RunSpecId): string {
  return id.slice(1).split('/').reverse().join('.');
}

export function instanceIdOf(spec: RunSpecId, uuid: string): InstanceId {
  return `${safePath(spec)}.instance-${uuid}` as InstanceId;
}

/** Incarnations count from 1. */
export function appTaskIdOf(instance: InstanceId, incarnation: number): TaskId {
  return `${instance}._app.${incarnation}` as TaskId;
}

const INSTANCE_ID = /^(.+)\.(instance-|marathon-)([^.]+)$/;
const TASK_ID = /^(.+\.(?:instance-|marathon-)[^.]+)\.([^.]+)\.(\d+)$/;
const OLD_TASK_ID = /^(.+)\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The instance that a task id, or a bare instance id, names; null when the text is neither. */
export function instanceOfTask(text: string): InstanceId | null {
  const task = TASK_ID.exec(text);
  if (task !== null) return task[1] as InstanceId;
  if (INSTANCE_ID.test(text)) return text as InstanceId;
  const old = OLD_TASK_ID.exec(text);
  return old === null ? null : (`${old[1]}.marathon-${old[2]}` as InstanceId);
}
