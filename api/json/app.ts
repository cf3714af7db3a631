import type { View } from '../../core/view.ts';
import type { App } from '../../model/app.ts';
import type { Instance } from '../../model/instance.ts';
import { renderApp } from '../../model/json/app.ts';
import type { Millis } from '../../model/time.ts';
import type { AppEmbed } from '../embed.ts';
import { readinessJson } from './deployment.ts';
import { taskFailureJson, taskJson } from './task.ts';
import { taskStatsJson } from './taskStats.ts';

/** Definitions never change, so each is serialised once, as long as anybody holds it. */
const definitions = new WeakMap<App, string>();

/** JSON text of a definition with its version information. */
export function definitionText(app: App): string {
  const known = definitions.get(app);
  if (known !== undefined) return known;
  const text = JSON.stringify(renderApp(app, { versionInfo: true }));
  definitions.set(app, text);
  return text;
}

/**
 * JSON text of an app with what surrounds it: the definition's own text, then counts and deployments, then what was asked for, in
 * Marathon's order.
 */
export function appText(app: App, view: View, embed: AppEmbed, now: Millis): string {
  const deployments = view.deploymentsOf(app.id);
  let text = openObject(definitionText(app)) + countsText(view.countsOf(app.id));
  text += deployments.length === 0 ? ',"deployments":[]' : `,"deployments":${JSON.stringify(deployments.map((id) => ({ id })))}`;
  if (embed.readiness) text += `,"readinessCheckResults":${JSON.stringify(readinessJson(app.id, view))}`;
  if (embed.tasks) text += `,"tasks":${tasksText(app, view)}`;
  if (embed.lastTaskFailure) {
    const failure = view.taskFailureOf(app.id);
    if (failure !== undefined) text += `,"lastTaskFailure":${JSON.stringify(taskFailureJson(failure))}`;
  }
  // Marathon 1.11 asks for `taskStats` and answers `tasksStats`.
  if (embed.taskStats) text += `,"tasksStats":${JSON.stringify(taskStatsJson(app, view.instancesOf(app.id), now))}`;
  return `${text}}`;
}

/** What the answer to a creation shows: nothing runs yet, one deployment has begun, and no version information (Marathon). */
export function createdAppText(app: App, deploymentId: string): string {
  const text = openObject(JSON.stringify(renderApp(app, { versionInfo: false })));
  const counts = countsText({ staged: 0, running: 0, healthy: 0, unhealthy: 0 });
  return `${text}${counts},"deployments":${JSON.stringify([{ id: deploymentId }])}}`;
}

/** JSON text of an app's tasks, without service ports. */
export function tasksText(app: App, view: View): string {
  const tasks: string[] = [];
  for (const instance of view.instancesOf(app.id)) {
    const task = taskText(instance);
    if (task !== null) tasks.push(task);
  }
  return `[${tasks.join(',')}]`;
}

/** Instances never change either: a change makes a new one. */
const tasks = new WeakMap<Instance, string>();

function taskText(instance: Instance): string | null {
  const known = tasks.get(instance);
  if (known !== undefined) return known;
  const task = taskJson(instance);
  if (task === null) return null;
  const text = JSON.stringify(task);
  tasks.set(instance, text);
  return text;
}

function openObject(text: string): string {
  return `${text.slice(0, -1)},`;
}

function countsText(counts: { staged: number; running: number; healthy: number; unhealthy: number }): string {
  const { staged, running, healthy, unhealthy } = counts;
  return `"tasksStaged":${staged},"tasksRunning":${running},"tasksHealthy":${healthy},"tasksUnhealthy":${unhealthy}`;
}
