/**
 * One line of an app's list of tasks.
 * @import { App, Task } from './types.d.ts'
 */
import { killTask, logUrl } from './api.js';
import { ask } from './dialog.js';
import { h, setAttr, setChildren, setText } from './dom.js';
import { address, age, stateWord } from './format.js';
import { healthOf, isOutdated } from './status.js';

/**
 * @param {string} id of the task
 * @param {string} appId
 * @param {(id: string) => void} changed called when this page changed the app
 */
export function createTask(id, appId, changed) {
  const links = h('span', { class: 'links' });
  const outdated = h('span', { class: 'tag', title: 'Runs an older configuration than the app has now' }, 'old version');
  const state = h('span', { class: 'task-state' });
  const health = h('span', { class: 'task-health' });
  const since = h('time', { class: 'task-since' });
  const cause = h('p', { class: 'task-cause' });
  const kill = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-label': `Kill ${id}`,
      onclick: () =>
        ask({
          title: 'Kill this instance?',
          text: `${id} is ended and replaced by a new one.`,
          action: 'Kill',
          danger: true,
          perform: async () => {
            await killTask(appId, id);
            changed(appId);
          },
        }),
    },
    'Kill',
  );
  const element = h(
    'li',
    { class: 'task' },
    h('div', { class: 'task-where' }, links, outdated, h('code', { class: 'task-id', title: id }, id)),
    state,
    health,
    since,
    h(
      'div',
      { class: 'task-actions' },
      h('a', { href: logUrl(id, 'stdout'), target: '_blank', rel: 'noopener', 'aria-label': `Standard output of ${id}` }, 'stdout'),
      h('a', { href: logUrl(id, 'stderr'), target: '_blank', rel: 'noopener', 'aria-label': `Standard error of ${id}` }, 'stderr'),
      kill,
    ),
    cause,
  );

  let shownLinks = '';
  /**
   * @param {App} app
   * @param {Task} task
   * @param {number} now
   */
  function update(app, task, now) {
    const ports = task.ports ?? [];
    const key = `${task.host} ${ports.join(' ')}`;
    if (key !== shownLinks) {
      shownLinks = key;
      setChildren(
        links,
        ports.length === 0
          ? [h('span', {}, task.host)]
          : ports.map((port) => {
              const text = address(task.host, port);
              return h('a', { href: `http://${text}/`, target: '_blank', rel: 'noopener' }, text);
            }),
      );
    }
    outdated.hidden = !isOutdated(app, task);
    setText(state, stateWord(task.state));
    const verdict = healthOf(task);
    setText(health, (app.healthChecks ?? []).length === 0 ? '' : verdict === 'Unknown' ? 'No result yet' : verdict);
    setAttr(health, 'data-health', verdict);
    const moment = task.startedAt ?? task.stagedAt ?? null;
    setText(since, age(moment, now));
    setAttr(since, 'datetime', moment);
    setAttr(since, 'title', moment === null ? null : `since ${new Date(moment).toLocaleString()}`);
    const failed = (task.healthCheckResults ?? []).find((result) => !result.alive)?.lastFailureCause ?? '';
    setText(cause, failed);
    cause.hidden = failed === '';
    kill.disabled = task.state !== 'TASK_RUNNING' && task.state !== 'TASK_STAGING' && task.state !== 'TASK_STARTING';
  }

  return { element, update };
}
