import { describe, expect, test } from 'vitest';
import { comparableApp, errorsByPath, type Exchange, isRecord, recordedExchanges, settingsByFlags } from '../test/recorded/exchanges.ts';
import type { App } from './app.ts';
import type { FieldError, Refusal, UpdateMode } from './command.ts';
import { classifyChange } from './differ.ts';
import { parseRunSpecId, type RunSpecId } from './ids.ts';
import { renderApp } from './json/app.ts';
import { assignServicePorts, servicePortsOf } from './normalise/servicePorts.ts';
import { settleApp } from './normalise/settle.ts';
import { ok, type Result } from './result.ts';
import type { Settings } from './settings.ts';
import { parseTimestamp, type Version } from './time.ts';
import { type AppUpdate, parseApp, parseAppList, parseAppUpdate, rollbackVersion } from './update.ts';

/*
 * Whole recorded scenarios: apps created, changed in part and as a whole, scaled, rolled back, restarted. After each change the app that
 * Marathon showed must be ours to the last field, service ports and versionInfo included; each refusal must be Marathon's.
 */

/** Refused because a group of the name exists, which the model does not see. */
const ABOUT_GROUPS = ['bulk_2/012-group-vs-app-conflict', 'bulk_2/013-app-below-app'];

const exchanges = recordedExchanges(['apps-lifecycle', 'apps-bulk', 'resident']).filter(({ name }) => !ABOUT_GROUPS.includes(name));

describe.each([...new Set(exchanges.map(({ scenario }) => scenario))])('%s', (scenario) => {
  const story = exchanges.filter((exchange) => exchange.scenario === scenario);

  test('ends as it did with Marathon, step by step', () => {
    const world = new World(settingsByFlags(story[0]?.flags ?? ''));
    const compared = story.filter((exchange) => {
      const step = world.step(exchange);
      if (step !== null) expect({ step: exchange.name, ...step.ours }).toEqual({ step: exchange.name, ...step.theirs });
      return step !== null;
    });
    expect(compared.length).toBeGreaterThan(8);
  });
});

interface Step {
  readonly ours: object;
  readonly theirs: object;
}

type Change = { readonly id: RunSpecId | null; readonly update: AppUpdate; readonly mode: UpdateMode };

/** As much of a cluster as the model's functions need around them. */
class World {
  private readonly settings: Settings;
  private readonly apps = new Map<string, App>();
  private readonly history = new Map<string, App>();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Does what the exchange asked; answers what to compare, or null when it is not about definitions. */
  step({ request, response }: Exchange): Step | null {
    const url = new URL(request.path, 'http://marathon');
    const answer: unknown = response.body === '' ? null : parseJson(response.body);
    const [, path = '', restart] = /^\/v2\/apps\/?(.*?)(\/restart)?$/.exec(url.pathname) ?? [];
    if (!url.pathname.startsWith('/v2/apps') || response.status === 404 || response.status === 409) return null;
    if (path.includes('/tasks') || path.includes('*')) return null;
    if (request.method === 'GET') return this.read(path, answer);
    if (request.method === 'DELETE') {
      this.apps.delete(`/${path}`);
      return null;
    }
    const version = versionIn(answer);
    if (restart !== undefined) {
      if (version !== null) this.keep({ ...this.existing(`/${path}`), version, lastConfigChangeAt: version });
      return null;
    }
    if (request.body === null || parseJson(request.body) === null) return null;
    return this.change(request, path, url, response.status, answer, version);
  }

  private read(path: string, answer: unknown): Step | null {
    const [, id = '', version] = /^(.*?)(?:\/versions\/(.+))?$/.exec(path) ?? [];
    if (id === '' || id.endsWith('/versions') || !isRecord(answer)) return null;
    const app = version === undefined ? this.apps.get(`/${id}`) : this.history.get(`/${id}@${parseTimestamp(version)}`);
    if (app === undefined) return null;
    return {
      ours: comparableApp(renderApp(app, { versionInfo: true })),
      theirs: comparableApp(version === undefined ? answer['app'] : answer),
    };
  }

  private change(request: Exchange['request'], path: string, url: URL, status: number, answer: unknown, version: Version | null): Step {
    const mode: UpdateMode = request.method === 'POST' ? 'create' : url.searchParams.get('partialUpdate') === 'false' ? 'whole' : 'partial';
    const changes = changesIn(parseJson(request.body ?? ''), path, mode);
    const theirs = { status: Math.floor(status / 100), body: status === 422 ? comparableRefusal(answer) : null };
    if (!changes.ok) return { ours: { status: 4, body: { message: 'Invalid JSON', details: errorsByPath(changes.error) } }, theirs };
    for (const change of changes.value) {
      const outcome = this.apply(change, version ?? 0);
      if (!outcome.ok) return { ours: refusalAnswer(outcome.error), theirs };
      this.keep(outcome.value);
    }
    return { ours: { status: 2, body: null }, theirs };
  }

  private apply({ id, update, mode }: Change, now: Version): Result<App, Refusal> {
    const existing = this.apps.get(id ?? `/${update.id}`) ?? this.apps.get(update.id ?? '') ?? null;
    const rollback = mode === 'partial' && existing !== null ? rollbackVersion(update) : null;
    const { mesosRole } = this.settings;
    const roles = { valid: [mesosRole], default: mesosRole };
    const settled =
      typeof rollback === 'number'
        ? ok(this.history.get(`${id}@${rollback}`) ?? this.existing(String(id)))
        : settleApp({ update, existing, mode, id, settings: this.settings, roles });
    if (!settled.ok) return settled;

    const others = [...this.apps.values()].filter((app) => app.id !== settled.value.id).flatMap(servicePortsOf);
    const range = { min: this.settings.localPortMin, max: this.settings.localPortMax };
    const app = assignServicePorts(settled.value, existing, (port) => others.includes(port), range);
    if (!app.ok) return app;
    if (existing === null) return ok({ ...app.value, version: now, lastScalingAt: now, lastConfigChangeAt: now });
    switch (classifyChange(existing, app.value)) {
      case 'none':
        return ok(existing);
      case 'scale':
        return ok({ ...app.value, version: now, lastScalingAt: now, lastConfigChangeAt: existing.lastConfigChangeAt });
      case 'config':
        return ok({ ...app.value, version: now, lastScalingAt: now, lastConfigChangeAt: now });
    }
  }

  private existing(id: string): App {
    const app = this.apps.get(id);
    if (app === undefined) throw new Error(`no app ${id} in this story`);
    return app;
  }

  private keep(app: App): void {
    this.apps.set(app.id, app);
    this.history.set(`${app.id}@${app.version}`, app);
  }
}

function changesIn(body: unknown, path: string, mode: UpdateMode): Result<Change[], FieldError[]> {
  if (path === '' && mode !== 'create') {
    const list = parseAppList(body, mode === 'whole');
    return list.ok ? ok(list.value.map((update) => ({ id: null, update, mode }))) : list;
  }
  const id = path === '' ? null : parseRunSpecId(path);
  const withId = isRecord(body) && id?.ok === true ? { ...body, id: id.value } : body;
  const parsed = mode === 'partial' ? parseAppUpdate(body) : parseApp(withId);
  return parsed.ok ? ok([{ id: id?.ok === true ? id.value : null, update: parsed.value, mode }]) : parsed;
}

function refusalAnswer(error: Refusal): object {
  switch (error.is) {
    case 'Invalid':
      return { status: 4, body: { message: 'Object is not valid', details: errorsByPath(error.details) } };
    case 'Illegal':
      return { status: 4, body: { message: error.message } };
    default:
      throw new Error(`unexpected refusal ${error.is}`);
  }
}

function comparableRefusal(answer: unknown): unknown {
  return isRecord(answer) && Array.isArray(answer['details']) ? { ...answer, details: errorsByPath(answer['details']) } : answer;
}

function versionIn(answer: unknown): Version | null {
  return isRecord(answer) && typeof answer['version'] === 'string' ? parseTimestamp(answer['version']) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
