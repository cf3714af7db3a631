import { describe, expect, test } from 'vitest';
import { comparableApp, errorsByPath, type Exchange, isRecord, recordedExchanges, settingsByFlags } from '../test/recorded/exchanges.ts';
import type { Refusal } from './command.ts';
import { resolvePath } from './ids.ts';
import { renderApp } from './json/app.ts';
import { settleApp } from './normalise/settle.ts';
import type { Settings } from './settings.ts';
import { parseApp } from './update.ts';

/*
 * Every app that was posted to the real Marathon, posted to ours: schema check, settling, rendering. The cluster around it (409 for an app
 * that exists, deployments, counts) is not the model's: those parts of the answers are left out of the comparison.
 */

const posts = recordedExchanges(['apps-create', 'apps-invalid', 'apps-lifecycle', 'apps-bulk', 'roles', 'resident']).filter(
  ({ request }) => request.method === 'POST' && request.path === '/v2/apps',
);

/** About the cluster, not about the definition: an app or a group of the name exists. */
const ABOUT_THE_CLUSTER = ['/011-create-again-409', '/012-group-vs-app-conflict', '/013-app-below-app'];
/** Not JSON at all. */
const ABOUT_THE_TEXT = ['/001-empty-body'];

const replayed = posts.filter(({ name }) => ![...ABOUT_THE_CLUSTER, ...ABOUT_THE_TEXT].some((ending) => name.endsWith(ending)));

test('the recordings are there, and all but five are replayed', () => {
  expect(replayed.length).toBeGreaterThan(170);
  expect(posts.length - replayed.length).toBe(5);
});

describe('POST /v2/apps answers as Marathon did', () => {
  test.each(replayed)('$name', ({ name, flags, request, response }) => {
    const settings = settingsByFlags(flags);
    // By then the scenario had taken enforceRole back from /dev.
    const groupsEnforceRole = settings.newGroupEnforceRole === 'top' && !name.endsWith('star-2');
    expect(post(request.body ?? '', settings, groupsEnforceRole)).toEqual(theirs(response));
  });
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function post(text: string, settings: Settings, groupsEnforceRole: boolean): Answer {
  const parsed = parseApp(JSON.parse(text));
  if (!parsed.ok) return { status: 422, body: { message: 'Invalid JSON', details: errorsByPath(parsed.error) } };
  const { mesosRole } = settings;
  const group = /^\/([^/]+)\/./.exec(resolvePath(parsed.value.id ?? ''))?.[1];
  const roles =
    group === undefined
      ? { valid: [mesosRole], default: mesosRole }
      : groupsEnforceRole
        ? { valid: [group], default: group }
        : { valid: [mesosRole, group], default: mesosRole };
  const settled = settleApp({ update: parsed.value, existing: null, mode: 'create', id: null, settings, roles });
  return settled.ok
    ? { status: 201, body: comparableApp(renderApp(settled.value, { versionInfo: false }), ['version']) }
    : refusal(settled.error);
}

function refusal(error: Refusal): Answer {
  if (error.is === 'Invalid') return { status: 422, body: { message: 'Object is not valid', details: errorsByPath(error.details) } };
  if (error.is === 'Failed') return { status: 500, body: { message: error.message } };
  throw new Error(`unexpected refusal ${error.is}`);
}

function theirs({ status, body }: Exchange['response']): Answer {
  const answer: unknown = JSON.parse(body);
  if (status === 201) return { status, body: comparableApp(answer, ['version']) };
  return {
    status,
    body: isRecord(answer) && Array.isArray(answer['details']) ? { ...answer, details: errorsByPath(answer['details']) } : answer,
  };
}
