import { METHODS, type Answer, type Exchange, type Method } from './exchange.ts';

export type Handler = (exchange: Exchange) => Answer | Promise<Answer>;

export interface Route {
  /** Over what follows the resource's path: empty, or begins with one slash; slashes are single and none is last. */
  readonly path: RegExp;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
  /** Media types, the preferred one first. Null: the handler decides. Default: JSON. */
  readonly produces?: readonly string[] | null;
}

/** Everything below one path. Routes are tried in order; one that lacks the method is passed over. */
export interface Resource {
  /** `/v2/apps`. */
  readonly path: string;
  readonly routes: readonly Route[];
}

export type Match =
  | { readonly is: 'handler'; readonly route: Route; readonly handler: Handler; readonly params: readonly string[] }
  | { readonly is: 'otherMethod'; readonly allow: readonly Method[] }
  | { readonly is: 'nothing' };

/**
 * Finds who answers. Ids hold slashes and come in every spelling (`/v2/apps//grp/web`, `%2Fgrp%2Fweb`, a slash at the end), so this is a
 * table of patterns over the decoded path and not a router of segments.
 */
export class Router {
  readonly #resources: ReadonlyMap<string, Resource>;

  constructor(resources: readonly Resource[]) {
    this.#resources = new Map(resources.map((resource) => [resource.path, resource]));
  }

  /** `path`: decoded, begins with a slash. `method`: as sent, may be none that we know. */
  match(method: string, path: string): Match {
    const length = resourceLength(path);
    const resource = this.#resources.get(path.slice(0, length));
    if (resource === undefined) return { is: 'nothing' };
    const rest = tidy(path.slice(length));
    let allow: Set<Method> | null = null;
    for (const route of resource.routes) {
      const found = route.path.exec(rest);
      if (found === null) continue;
      const handler = handlerFor(route, method);
      if (handler !== undefined) return { is: 'handler', route, handler, params: found.slice(1).map((param) => param ?? '') };
      allow ??= new Set();
      for (const known of METHODS) if (handlerFor(route, known) !== undefined) allow.add(known);
    }
    return allow === null ? { is: 'nothing' } : { is: 'otherMethod', allow: [...allow, 'OPTIONS'] };
  }
}

function handlerFor(route: Route, method: string): Handler | undefined {
  const known = METHODS.find((name) => name === method);
  if (known === undefined) return undefined;
  return route.methods[known] ?? (known === 'HEAD' ? route.methods.GET : undefined);
}

/** How much of the path names the resource: one segment, two below `/v2`, three below `/longrun/v1`. */
function resourceLength(path: string): number {
  const segments = path.startsWith('/v2/') ? 2 : path.startsWith('/longrun/') ? 3 : 1;
  let end = 0;
  for (let i = 0; i < segments; i += 1) {
    const slash = path.indexOf('/', end + 1);
    if (slash === -1) return path.length;
    end = slash;
  }
  return end;
}

function tidy(rest: string): string {
  const single = rest.includes('//') ? rest.replaceAll(/\/{2,}/g, '/') : rest;
  return single.endsWith('/') ? single.slice(0, -1) : single;
}
