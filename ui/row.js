/**
 * One app of the list: a line that opens to its tasks.
 * @import { App, Waiting } from './types.d.ts'
 */
import { resetDelay, restart, scale } from './api.js';
import { ask } from './dialog.js';
import { h, setAttr, setChildren, setText } from './dom.js';
import { age, ago, memory, plural, stateWord, trim } from './format.js';
import { segmentsOf, statusOf } from './status.js';
import { createTask } from './task.js';

/** More tasks than this are counted, not listed: the page must stay quick. */
const TASKS_MAX = 200;

/**
 * @param {string} id
 * @param {object} listener
 * @param {(id: string, open: boolean) => void} listener.toggled
 * @param {(id: string) => void} listener.changed called when this page changed the app
 */
export function createRow(id, listener) {
  const cut = id.lastIndexOf('/') + 1;
  const panelId = `app${id.replaceAll('/', ':')}`;
  const status = h('span', { class: 'status' });
  const detail = h('span', { class: 'detail' });
  const count = h('span', { class: 'count' });
  const bar = h('span', { class: 'bar', role: 'img' });
  const cpus = h('span', { class: 'cpus' });
  const mem = h('span', { class: 'mem' });
  const changedAt = h('time', { class: 'age' });
  const panel = h('div', { class: 'panel', id: panelId, hidden: true });
  const head = h(
    'button',
    { type: 'button', class: 'head', 'aria-expanded': 'false', 'aria-controls': panelId, onclick: () => toggle() },
    h('span', { class: 'name' }, h('span', { class: 'path' }, id.slice(0, cut)), h('wbr'), h('b', {}, id.slice(cut))),
    h('span', { class: 'how' }, status, detail),
    h('span', { class: 'health' }, count, bar),
    cpus,
    mem,
    changedAt,
  );
  const element = h('li', { class: 'app', 'data-id': id }, head, panel);

  /** @type {{ app: App, waiting: Waiting | undefined, now: number } | null} */
  let shown = null;
  /** @type {ReturnType<typeof createPanel> | null} */
  let content = null;

  const isOpen = () => !panel.hidden;

  /** @param {boolean} [open] */
  function toggle(open = !isOpen()) {
    if (open === isOpen()) return;
    panel.hidden = !open;
    setAttr(head, 'aria-expanded', String(open));
    if (open && content === null) {
      content = createPanel(id, listener.changed);
      panel.append(...content.elements);
    }
    if (open && shown !== null) content?.update(shown.app, shown.waiting, shown.now);
    listener.toggled(id, open);
  }

  /**
   * @param {App} app
   * @param {Waiting | undefined} waiting
   * @param {number} now
   */
  function update(app, waiting, now) {
    shown = { app, waiting, now };
    const is = statusOf(app, waiting, now);
    setAttr(element, 'data-status', is.word);
    setText(status, is.word);
    setText(detail, is.detail ?? '');
    setAttr(detail, 'title', is.detail);
    setText(count, `${app.tasksRunning} of ${app.instances}`);
    updateBar(bar, app);
    setText(cpus, `${trim(app.cpus)} CPU`);
    setText(mem, memory(app.mem));
    const moment = app.versionInfo?.lastConfigChangeAt ?? app.version;
    setText(changedAt, age(moment, now));
    setAttr(changedAt, 'datetime', moment);
    setAttr(changedAt, 'title', `Configured ${new Date(moment).toLocaleString()}`);
    if (isOpen()) content?.update(app, waiting, now);
  }

  return {
    element,
    head,
    toggle,
    update,
    /** @param {number} now */
    tick: (now) => shown !== null && update(shown.app, shown.waiting, now),
    status: () => element.dataset['status'] ?? '',
  };
}

/**
 * @param {HTMLElement} bar
 * @param {App} app
 */
function updateBar(bar, app) {
  const segments = segmentsOf(app);
  const words = segments.map((segment) => `${segment.count} ${segment.kind}`).join(', ') || 'none wanted';
  if (bar.title === words) return;
  bar.title = words;
  setAttr(bar, 'aria-label', words);
  bar.replaceChildren(
    ...segments.map((segment) => {
      const part = h('i', { class: segment.kind });
      part.style.flexGrow = String(segment.count);
      return part;
    }),
  );
}

/**
 * @param {string} id
 * @param {(id: string) => void} changed
 */
function createPanel(id, changed) {
  const what = h('code', { class: 'what' });
  const note = h('p', { class: 'note' });
  const failure = h('p', { class: 'failure' });
  const tasks = h('ul', { class: 'tasks' });
  const more = h('p', { class: 'more' });
  /** @type {App | null} */
  let shown = null;
  /** @type {Map<string, ReturnType<typeof createTask>>} */
  const lines = new Map();

  /** @param {() => Promise<void>} action */
  const then = (action) => async () => {
    await action();
    changed(id);
  };
  const scaleButton = h(
    'button',
    {
      type: 'button',
      onclick: () =>
        ask({
          title: `Scale ${id}`,
          text: `Now ${plural(shown?.instances ?? 0, 'instance')}. With 0 it is suspended.`,
          action: 'Scale',
          number: shown?.instances ?? 0,
          perform: async (instances) => {
            await scale(id, instances);
            changed(id);
          },
        }),
    },
    'Scale',
  );
  const restartButton = h(
    'button',
    {
      type: 'button',
      onclick: () =>
        ask({
          title: `Restart ${id}?`,
          text: 'Its instances are replaced by new ones, as its upgrade strategy says.',
          action: 'Restart',
          perform: then(() => restart(id)),
        }),
    },
    'Restart',
  );
  const retryButton = h(
    'button',
    {
      type: 'button',
      onclick: () =>
        ask({
          title: `Try ${id} again now?`,
          text: 'Its launch delay is forgotten, and the next try begins at once.',
          action: 'Try now',
          perform: then(() => resetDelay(id)),
        }),
    },
    'Try now',
  );

  /**
   * @param {App} app
   * @param {Waiting | undefined} waiting
   * @param {number} now
   */
  function update(app, waiting, now) {
    shown = app;
    setText(what, app.cmd ?? app.container?.docker?.image ?? (app.args ?? []).join(' '));
    what.hidden = what.textContent === '';
    const is = statusOf(app, waiting, now);
    setText(note, is.detail ?? '');
    note.hidden = is.word !== 'Waiting' && is.word !== 'Delayed';
    retryButton.hidden = is.word !== 'Delayed';
    restartButton.disabled = app.instances === 0;
    const last = app.lastTaskFailure ?? null;
    failure.hidden = last === null;
    if (last !== null) {
      const reason = last.message === '' ? 'no reason given' : last.message;
      setText(failure, `Last failure, ${ago(last.timestamp, now)} on ${last.host}: ${stateWord(last.state).toLowerCase()}, ${reason}`);
      setAttr(failure, 'title', last.taskId);
    }
    updateTasks(app, now);
  }

  /**
   * @param {App} app
   * @param {number} now
   */
  function updateTasks(app, now) {
    const all = app.tasks ?? [];
    const listed = all.slice(0, TASKS_MAX);
    const ids = new Set(listed.map((task) => task.id));
    for (const known of lines.keys()) if (!ids.has(known)) lines.delete(known);
    const elements = listed.map((task) => {
      const line = lines.get(task.id) ?? createTask(task.id, id, changed);
      lines.set(task.id, line);
      line.update(app, task, now);
      return line.element;
    });
    setChildren(tasks, elements);
    setText(more, all.length === 0 ? 'No tasks.' : `… and ${all.length - listed.length} more`);
    more.hidden = all.length > 0 && all.length === listed.length;
  }

  const actions = h('div', { class: 'actions' }, retryButton, scaleButton, restartButton);
  return { elements: [h('div', { class: 'summary' }, what, actions), note, failure, tasks, more], update };
}
