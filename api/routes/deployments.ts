import type { Orchestra } from '../../core/view.ts';
import type { DeploymentId } from '../../model/ids.ts';
import { reading } from '../context.ts';
import { empty, json, notFound, type Answer, type Exchange } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';
import { flag } from '../http/target.ts';
import { deploymentAnswer, deploymentJson } from '../json/deployment.ts';
import { refusalAnswer } from '../refusal.ts';

/** `/v2/deployments`: changes under way. */
export function deploymentsResource(orchestra: Orchestra): Resource {
  return {
    path: '/v2/deployments',
    routes: [
      { path: /^$/, methods: { GET: () => listDeployments(orchestra) } },
      { path: /^\/([^/]+)$/, methods: { DELETE: (exchange) => cancelDeployment(orchestra, exchange) } },
    ],
  };
}

/** A plan without steps touches nothing and is never listed (Marathon). */
async function listDeployments(orchestra: Orchestra): Promise<Answer> {
  return reading(orchestra, (view) => {
    const running = [...view.deployments()].filter(({ steps }) => steps.length > 0);
    return json(
      200,
      running.map((deployment) => deploymentJson(deployment, view)),
    );
  });
}

async function cancelDeployment(orchestra: Orchestra, { params, query }: Exchange): Promise<Answer> {
  const id = (params[0] ?? '') as DeploymentId;
  const answer = await orchestra.ask('cancelDeployment', { id, force: flag(query, 'force', false) });
  if (answer.ok) return answer.value === null ? empty(202) : deploymentAnswer(answer.value);
  return answer.error.is === 'NotFound' ? notFound(`DeploymentPlan ${id} does not exist`) : refusalAnswer(answer.error);
}
