/**
 * The page: a list of apps, live. Everything it shows comes from the public API, everything it does goes there.
 * @import { Connection } from './types.d.ts'
 */
import { urlOf } from './api.js';
import { byId, h, setAttr, setChildren, setText } from './dom.js';
import { createFeed } from './feed.js';
import { ago, plural } from './format.js';
import { createRow } from './row.js';
import { STATUS_WORDS } from './status.js';

const main = byId('main', HTMLElement);
const list = byId('apps', HTMLElement);
const totals = byId('totals', HTMLElement);
const connectionChip = byId('connection', HTMLElement);
const connectionText = byId('connection-text', HTMLElement);
const connectionAge = byId('connection-age', HTMLElement);
const retry = byId('retry', HTMLButtonElement);
const search = byId('search', HTMLInputElement);
const filters = byId('filters', HTMLElement);
const problem = byId('problem', HTMLElement);

/** @type {Map<string, ReturnType<typeof createRow>>} */
const rows = new Map();
/** @type {Connection} */
let connection = { is: 'connecting' };
/** @type {string | null} */
let onlyStatus = null;
let loaded = false;

const feed = createFeed({
  changed(ids) {
    loaded = true;
    const now = Date.now();
    if (ids === null) for (const id of rows.keys()) if (!feed.apps.has(id)) rows.delete(id);
    for (const id of ids ?? feed.apps.keys()) {
      const app = feed.apps.get(id);
      if (app === undefined) rows.delete(id);
      else rowOf(id).update(app, feed.waitingOf(id), now);
    }
    arrange();
  },
  connection(news) {
    connection = news;
    showConnection();
    arrange();
  },
});

/** @param {string} id */
function rowOf(id) {
  const known = rows.get(id);
  if (known !== undefined) return known;
  const row = createRow(id, { toggled, changed: (changed) => feed.touch(changed) });
  rows.set(id, row);
  if (id === linkedApp()) row.toggle(true);
  return row;
}

/** The app that the address names: `#/apps/%2Fshop%2Fweb`. */
function linkedApp() {
  const match = /^#\/apps\/(.+)$/.exec(location.hash);
  return match?.[1] === undefined ? null : decodeURIComponent(match[1]);
}

/**
 * @param {string} id
 * @param {boolean} open
 */
function toggled(id, open) {
  if (open) history.replaceState(null, '', `#/apps/${encodeURIComponent(id)}`);
  else if (linkedApp() === id) history.replaceState(null, '', '#/apps');
}

/** Order, filters, totals and the state of the whole page. */
function arrange() {
  const text = search.value.trim().toLowerCase();
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const found = sorted.filter(([id]) => id.toLowerCase().includes(text));
  const visible = found.filter(([, row]) => onlyStatus === null || row.status() === onlyStatus);
  setChildren(
    list,
    visible.map(([, row]) => row.element),
  );
  arrangeFilters(found.map(([, row]) => row.status()));

  const failed = connection.is === 'offline' && !loaded;
  main.dataset['state'] = failed ? 'failed' : !loaded ? 'loading' : rows.size === 0 ? 'empty' : visible.length === 0 ? 'nothing' : 'list';
  main.toggleAttribute('data-stale', connection.is === 'offline' && loaded);
  setText(problem, connection.is === 'offline' ? `${connection.why}.` : '');
  setText(totals, rows.size > 0 ? totalsText() : '');
}

function totalsText() {
  let wanted = 0;
  let running = 0;
  for (const app of feed.apps.values()) {
    wanted += app.instances;
    running += app.tasksRunning;
  }
  const deployments = feed.deployments().length;
  const parts = [plural(rows.size, 'app'), `${running} of ${plural(wanted, 'instance')}`];
  if (deployments > 0) parts.push(plural(deployments, 'deployment'));
  document.title = `${running}/${wanted} · Longrun`;
  return parts.join(' · ');
}

/** @type {Map<string, { readonly button: HTMLButtonElement, readonly count: HTMLElement }>} */
const chips = new Map();

/** @param {readonly string[]} present status of every app that the search left over */
function arrangeFilters(present) {
  const words = ['', ...STATUS_WORDS.filter((word) => word === onlyStatus || present.includes(word))];
  setChildren(
    filters,
    words.map((word) => {
      let chip = chips.get(word);
      if (chip === undefined) {
        const count = h('span', { class: 'number' });
        const choose = () => {
          onlyStatus = word === '' || word === onlyStatus ? null : word;
          arrange();
        };
        chip = {
          count,
          button: h('button', { type: 'button', 'data-status': word, onclick: choose }, `${word === '' ? 'All' : word} `, count),
        };
        chips.set(word, chip);
      }
      setText(chip.count, String(word === '' ? present.length : present.filter((one) => one === word).length));
      setAttr(chip.button, 'aria-pressed', String(onlyStatus === (word === '' ? null : word)));
      return chip.button;
    }),
  );
}

const CONNECTION_WORDS = { connecting: 'Connecting', live: 'Live', polling: 'Every 5 s', offline: 'Offline' };

/** Says how old the numbers are, beside the word: a reader that speaks says only the word, and once. */
function showConnection() {
  connectionChip.dataset['is'] = connection.is;
  setText(connectionText, CONNECTION_WORDS[connection.is]);
  const offline = connection.is === 'offline' ? connection : null;
  setText(connectionAge, offline === null || offline.seenAt === null ? '' : `as of ${ago(offline.seenAt, Date.now())}`);
  setAttr(connectionChip, 'title', offline === null ? null : `${offline.why}.`);
  retry.hidden = offline === null;
}

/** Arrow keys walk over the list, `/` searches, Escape clears the search. */
function onKey(/** @type {KeyboardEvent} */ event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
  if (event.key === '/' && event.target !== search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === 'Escape' && event.target === search) {
    search.value = '';
    arrange();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const heads = Array.from(list.querySelectorAll('button.head'));
    const here = document.activeElement === null ? -1 : heads.indexOf(document.activeElement);
    if (here === -1 && event.target !== search) return;
    const next = heads[here + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
    }
  }
}

document.addEventListener('keydown', onKey);
search.addEventListener('input', arrange);
retry.addEventListener('click', () => feed.refresh());
globalThis.addEventListener('hashchange', () => {
  const id = linkedApp();
  if (id !== null) rows.get(id)?.toggle(true);
});
let ticks = 0;
setInterval(() => {
  ticks += 1;
  showConnection();
  const now = Date.now();
  for (const row of rows.values()) if (ticks % 10 === 0 || row.status() === 'Delayed' || row.status() === 'Deploying') row.tick(now);
}, 1_000);

setText(
  byId('example', HTMLElement),
  `curl -X POST ${urlOf('v2/apps')} \\
  -H 'Content-Type: application/json' \\
  -d '{"id": "hello", "cmd": "python3 -m http.server $PORT0",
       "cpus": 0.1, "mem": 32, "instances": 3}'`,
);
arrange();
feed.start();
