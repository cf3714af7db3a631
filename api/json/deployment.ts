import type { ReadinessResult, View } from '../../core/view.ts';
import type { DeploymentResult } from '../../model/command.ts';
import type { Action, Deployment, Step } from '../../model/deployment.ts';
import type { RunSpecId } from '../../model/ids.ts';
import { formatTimestamp } from '../../model/time.ts';
import { json, type Finished } from '../http/exchange.ts';

/** The answer to every accepted change: body and header. */
export function deploymentAnswer(result: DeploymentResult, status = 200, headers: Readonly<Record<string, string>> = {}): Finished {
  const body = { deploymentId: result.deploymentId, version: formatTimestamp(result.version) };
  return json(status, body, { ...headers, ...deploymentHeader(result) });
}

/** Names the deployment that a request started. */
export function deploymentHeader(result: DeploymentResult): Readonly<Record<string, string>> {
  return { 'Marathon-Deployment-Id': result.deploymentId };
}

/** A running deployment as `GET /v2/deployments` shows it. `currentStep` counts from 1. */
export function deploymentJson(deployment: Deployment, view: View): object {
  const current = deployment.steps[deployment.stepIndex]?.actions ?? [];
  return {
    ...planJson(deployment),
    affectedApps: [...new Set(deployment.steps.flatMap(({ actions }) => actions.map(({ app }) => app)))],
    affectedPods: [],
    currentActions: current.map((action) => ({ ...actionJson(action), readinessCheckResults: readinessJson(action.app, view) })),
    currentStep: Math.min(deployment.stepIndex + 1, deployment.steps.length),
    totalSteps: deployment.steps.length,
  };
}

/** A plan in its light form, without the definitions before and after. */
export function planJson(deployment: Deployment): object {
  return { id: deployment.id, steps: deployment.steps.map(stepJson), version: formatTimestamp(deployment.version) };
}

export function stepJson(step: Step): object {
  return { actions: step.actions.map(actionJson) };
}

/** Latest readiness results of an app's tasks. */
export function readinessJson(id: RunSpecId, view: View): readonly ReadinessResult[] {
  return view.readinessOf(id).map(({ name, taskId, ready, lastResponse }) => {
    return lastResponse === null ? { name, taskId, ready } : { name, taskId, ready, lastResponse };
  }) as readonly ReadinessResult[];
}

function actionJson({ action, app }: Action): object {
  return { action, app };
}
