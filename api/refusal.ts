import type { FieldError, Refusal } from '../model/command.ts';
import { never } from '../model/result.ts';
import { json, message, type Finished } from './http/exchange.ts';

/** The status and body that Marathon gives a refused command. */
export function refusalAnswer(refusal: Refusal): Finished {
  switch (refusal.is) {
    case 'Invalid':
      return invalid(refusal.details);
    case 'Illegal':
      return message(422, refusal.message);
    case 'BadRequest':
      return message(400, refusal.message);
    case 'NotFound':
      return message(404, refusal.message);
    case 'Conflict':
      return message(409, refusal.message);
    case 'Locked':
      return json(409, { message: LOCKED, deployments: refusal.deployments.map((id) => ({ id })) });
    case 'TooManyDeployments':
      return message(403, tooMany(refusal.max));
    case 'Failed':
      return message(500, refusal.message);
    case 'Unavailable':
      return message(503, refusal.message);
    default:
      return never(refusal);
  }
}

/** 422: well formed, but breaks a rule. */
export function invalid(details: readonly FieldError[]): Finished {
  return json(422, { message: 'Object is not valid', details });
}

/** 422: JSON of another shape than asked for. */
export function wrongShape(details: readonly FieldError[]): Finished {
  return json(422, { message: 'Invalid JSON', details });
}

/** Marathon: `<DEPLOYMENT_ID>` is meant literally. */
const LOCKED =
  "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.";

/** Marathon: the missing blank is in the original. */
function tooMany(max: number): string {
  return (
    `Max number (${max}) of running deployments is achieved. Wait for existing deployments to complete or cancel one` +
    'using force=true parameter. You can increase max deployment number by using --max_running_deployments parameter ' +
    'but be advised that this can have negative effects on the performance.'
  );
}
