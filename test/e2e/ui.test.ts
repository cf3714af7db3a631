import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appJson, queueJson, startUiStub, taskJson, type UiStub } from './uiStub.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let stub: UiStub;
/** What the browser complained about: errors of scripts, and of the content security policy. */
let complaints: string[];

beforeAll(async () => {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});

afterAll(() => browser.close());

beforeEach(async () => {
  stub = await startUiStub();
  await visit({ width: 1280, height: 800 }, 'light');
});

afterEach(async () => {
  await context.close();
  await stub.close();
});

async function visit(viewport: { width: number; height: number }, colorScheme: 'light' | 'dark'): Promise<void> {
  complaints = [];
  context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('net::ERR')) complaints.push(message.text());
  });
}

function put(...apps: readonly ReturnType<typeof appJson>[]): void {
  for (const app of apps) stub.apps.set(String(app['id']), app);
}

const row = (id: string) => page.locator(`[data-id="${id}"]`);
const head = (id: string) => row(id).locator('.head');

/** Waits until the page follows the event stream. */
async function open(hash = ''): Promise<void> {
  await page.goto(stub.url + hash);
  await page.locator('[data-is="live"]').waitFor();
}

/** Waits until `text` stands in the element. */
async function shows(selector: ReturnType<typeof row>, text: string): Promise<void> {
  await selector.filter({ hasText: text }).first().waitFor();
}

const WAITING = 'Needs 16 CPUs, 2 are free';

function putOneOfEach(): void {
  const checked = { healthChecks: [{}], instances: 2 };
  put(
    appJson('/running', { ...checked, tasksHealthy: 2 }),
    appJson('/deploying', { deployments: [{ id: 'd1' }], tasks: [] }),
    appJson('/waiting', { tasksRunning: 0, tasks: [] }),
    appJson('/delayed', { tasksRunning: 0, tasks: [] }),
    appJson('/suspended', { instances: 0 }),
    appJson('/unhealthy', { ...checked, tasksHealthy: 1, tasksUnhealthy: 1 }),
  );
  stub.queue = [queueJson('/waiting', 0, { InsufficientCpus: 1 }), queueJson('/delayed', 47)];
  stub.deployments = [{ id: 'd1', affectedApps: ['/deploying'], currentStep: 1, totalSteps: 1 }];
  stub.waiting.set('/waiting', WAITING);
}

describe('the list', () => {
  test('says how each app is, and why', async () => {
    putOneOfEach();
    await open();
    for (const word of ['Running', 'Deploying', 'Waiting', 'Delayed', 'Suspended', 'Unhealthy']) {
      expect(await row(`/${word.toLowerCase()}`).locator('.status').textContent()).toBe(word);
    }
    await shows(row('/waiting').locator('.detail'), WAITING);
    await shows(row('/delayed').locator('.detail'), 'Next try in 4');
    expect(await row('/unhealthy').locator('.count').textContent()).toBe('2 of 2');
    expect(await row('/unhealthy').locator('.bar').getAttribute('aria-label')).toBe('1 healthy, 1 unhealthy');
    expect(await page.locator('#totals').textContent()).toBe('6 apps · 5 of 7 instances · 1 deployment');
  });

  test('keeps to a strict policy and below its path prefix', async () => {
    putOneOfEach();
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(stub.url.replace('ui/', ''))) foreign.push(request.url());
    });
    await open();
    await head('/running').click();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('searches and filters', async () => {
    putOneOfEach();
    await open();
    await page.getByRole('button', { name: 'Delayed 1' }).click();
    await head('/running').waitFor({ state: 'detached' });
    expect(await page.locator('.app').count()).toBe(1);
    await page.getByRole('button', { name: 'All' }).click();
    await page.getByLabel('Search apps').fill('RUNN');
    await head('/delayed').waitFor({ state: 'detached' });
    expect(await page.locator('.app').count()).toBe(1);
    await page.getByLabel('Search apps').fill('nothing like this');
    await page.getByText('No app matches').waitFor();
  });

  test('is empty at first, and shows how to begin', async () => {
    await open();
    await page.getByText('No apps yet').waitFor();
    expect(await page.locator('#example').textContent()).toContain(stub.url.replace('ui/', 'v2/apps'));
  });

  test('says why it cannot be read, and comes when it can', async () => {
    stub.answers.set('GET /v2/apps', { status: 503, body: { message: 'Leadership unavailable' } });
    put(appJson('/web'));
    await page.goto(stub.url);
    await page.getByText('The server says: Leadership unavailable.').waitFor();
    stub.answers.clear();
    await page.getByRole('button', { name: 'Retry' }).click();
    await head('/web').waitFor();
  });
});

describe('live', () => {
  test('an event makes the page read that app again, and only that', async () => {
    put(appJson('/shop/web', { instances: 2, tasksRunning: 1 }), appJson('/shop/api'));
    await open();
    await shows(row('/shop/web'), '1 of 2');
    stub.requests.length = 0;
    put(appJson('/shop/web', { instances: 2 }));
    for (let at = 0; at < 50; at += 1) stub.publish('status_update_event', { appId: '/shop/web', taskStatus: 'TASK_RUNNING' });
    await shows(row('/shop/web'), '2 of 2');
    const apps = stub.requests.filter((request) => request.startsWith('GET /v2/apps'));
    expect(new Set(apps)).toEqual(new Set(['GET /v2/apps/shop/web']));
    expect(apps.length).toBeLessThan(5);
  });

  test('apps come and go', async () => {
    put(appJson('/old'));
    await open();
    put(appJson('/new'));
    stub.apps.delete('/old');
    const actions = [
      { action: 'StopApplication', app: '/old' },
      { action: 'ScaleApplication', app: '/new' },
    ];
    stub.publish('deployment_success', { id: 'd', plan: { id: 'd', steps: [{ actions }] } });
    await head('/new').waitFor();
    await head('/old').waitFor({ state: 'detached' });
  });

  test('a lost server is said, with the age of the numbers, and forgotten when it is back', async () => {
    put(appJson('/web'));
    await open();
    await stub.goDown();
    await page.locator('[data-is="offline"]').waitFor();
    await shows(page.locator('#connection'), 'as of');
    await shows(row('/web'), '1 of 1');
    put(appJson('/web', { instances: 7 }));
    await stub.comeBack();
    await page.locator('[data-is="live"]').waitFor();
    await shows(row('/web'), '7 of 7');
    expect(complaints).toEqual([]);
  });

  test('without an event stream it asks again and again', async () => {
    stub.answers.set('GET /v2/events', { status: 403, body: { message: 'no' } });
    put(appJson('/web'));
    await page.goto(stub.url);
    await page.locator('[data-is="polling"]').waitFor();
    put(appJson('/web', { instances: 4 }));
    await shows(row('/web'), '4 of 4');
  });
});

describe('one app', () => {
  test('opens to its tasks with addresses, health and logs', async () => {
    const health = [{ alive: false, lastFailureCause: '503 Service Unavailable' }];
    put(
      appJson('/shop/web', {
        instances: 2,
        healthChecks: [{}],
        tasksHealthy: 1,
        tasksUnhealthy: 1,
        tasks: [
          taskJson('/shop/web', 0, { healthCheckResults: [{ alive: true }] }),
          taskJson('/shop/web', 6, { healthCheckResults: health }),
        ],
        lastTaskFailure: {
          host: 'h1',
          message: 'Command exited with status 3',
          state: 'TASK_FAILED',
          taskId: 't',
          timestamp: new Date().toISOString(),
        },
      }),
    );
    await open(`#/apps/${encodeURIComponent('/shop/web')}`);
    const tasks = row('/shop/web').locator('.task');
    await tasks.first().waitFor();
    expect(await tasks.count()).toBe(2);
    expect(await tasks.first().getByRole('link', { name: '127.0.0.1:31000' }).getAttribute('href')).toBe('http://127.0.0.1:31000/');
    expect(await tasks.first().getByText('stdout').getAttribute('href')).toMatch(
      /\/some\/prefix\/longrun\/v1\/tasks\/shop_web\.instance-[^/]+\/log\?stream=stdout$/,
    );
    expect(await tasks.first().locator('.task-health').textContent()).toBe('Healthy');
    expect(await tasks.last().locator('.task-cause').textContent()).toBe('503 Service Unavailable');
    // Seven hours old, while the configuration is of five hours ago.
    expect(await tasks.last().getByText('old version').isVisible()).toBe(true);
    expect(await tasks.first().getByText('old version').isVisible()).toBe(false);
    await shows(row('/shop/web').locator('.failure'), 'Command exited with status 3');
  });

  test('is scaled by a dialog, which stays open with the reason when it fails', async () => {
    put(appJson('/web', { instances: 3 }));
    await open();
    await head('/web').click();
    await row('/web').getByRole('button', { name: 'Scale' }).click();
    const dialog = page.getByRole('dialog');
    stub.answers.set('PUT /v2/apps/web', { status: 409, body: { message: 'App is locked by one or more deployments.' } });
    await dialog.getByLabel('Instances').fill('5');
    await page.keyboard.press('Enter');
    await dialog.getByText('App is locked by one or more deployments.').waitFor();
    stub.answers.clear();
    put(appJson('/web', { instances: 5 }));
    await dialog.getByRole('button', { name: 'Scale' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await shows(row('/web'), '5 of 5');
    expect(stub.requests.filter((request) => request === 'PUT /v2/apps/web')).toHaveLength(2);
  });

  test('kills nothing before it is confirmed', async () => {
    put(appJson('/web'));
    await open();
    await head('/web').click();
    const kill = row('/web').getByRole('button', { name: 'Kill' });
    await kill.click();
    // Enter means Cancel here.
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(stub.requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
    await kill.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kill' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(stub.requests.filter((request) => request.startsWith('DELETE'))).toEqual([
      'DELETE /v2/apps/web/tasks/web.instance-5c2f6f1e-65d5-11eb-9e4c-0242ac110000._app.1',
    ]);
  });
});

test('works by keyboard alone', async () => {
  put(appJson('/a'), appJson('/b'), appJson('/shop/c'));
  await open();
  const focused = (): Promise<unknown> =>
    page.evaluate("document.activeElement.closest('[data-id]')?.dataset.id ?? document.activeElement.id");
  await page.keyboard.press('/');
  expect(await focused()).toBe('search');
  await page.keyboard.type('shop');
  await head('/a').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await head('/a').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('/b');
  await page.keyboard.press('Enter');
  await row('/b').locator('.task').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByLabel('Instances').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Scale');
});

/** Contrast of text to what is behind it, after WCAG 2; evaluated in the page. */
const LOWEST_CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const texts = [...document.querySelectorAll('.app *, .top *, .tools *')].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '') && element.checkVisibility() && !element.closest(':disabled, .tag'));
  return Math.min(...texts.map((element) => {
    const [a, b] = [rgb(getComputedStyle(element).color), behind(element)].map(luminance).sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()`;

describe.each(['light', 'dark'] as const)('in a %s system', (scheme) => {
  test.each([360, 720, 1280, 1920])('fits a window %d wide, and is readable', async (width) => {
    await context.close();
    await visit({ width, height: 800 }, scheme);
    putOneOfEach();
    put(appJson('/a/very-long-path/of-groups/with-an-app-that-has-a-long-name-too', { cmd: 'x'.repeat(400) }));
    await open();
    for (const id of ['/running', '/waiting', '/a/very-long-path/of-groups/with-an-app-that-has-a-long-name-too']) await head(id).click();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await page.evaluate(LOWEST_CONTRAST)).toBeGreaterThanOrEqual(4.5);
    const background = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    expect(Number(/\d+/.exec(background)?.[0])).toSatisfy((red: number) => (scheme === 'light' ? red > 200 : red < 50));
    expect(complaints).toEqual([]);
  });
});
