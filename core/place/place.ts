import type { App } from '../../model/app.ts';
import type { Chance } from '../../model/chance.ts';
import type { Instance } from '../../model/instance.ts';
import type { Offer } from '../../model/offer.ts';
import { toThousandths } from '../../model/resources.ts';
import type { RefusalReason } from '../view.ts';
import { considerPlace, refusalOf, type Constraint } from './constraints/constraint.ts';
import type { Place } from './constraints/field.ts';
import { choosePorts, remainingOf, SCALARS, scalarLeft, takePorts, takeScalar, type Remaining, type ScalarName } from './remaining.ts';

/** Instances of one run spec that wait for a place. */
export interface Demand {
  readonly app: App;
  /** In the order in which they are to be served. */
  readonly waiting: readonly Instance[];
  /** Roles whose resources may be used, the preferred first. */
  readonly roles: readonly string[];
  /** Where the considered instances are (Marathon: same configuration, not waiting, not lost). */
  readonly placed: readonly Place[];
}

export interface Match {
  readonly app: App;
  readonly instance: Instance;
  readonly offer: Offer;
  readonly hostPorts: readonly (number | null)[];
}

/** An offer that was looked at for a run spec and not used. */
export interface Refused {
  readonly app: App;
  readonly offer: Offer;
  /** In the order of Marathon's funnel; the first one counts. */
  readonly reasons: readonly RefusalReason[];
  readonly detail: string;
}

export interface PlaceLimits {
  readonly maxInstancesPerOffer: number | null;
  readonly maxLaunches: number | null;
  readonly gpuRestricted: boolean;
}

const SHORT_OF: Readonly<Record<ScalarName, RefusalReason>> = {
  cpus: 'InsufficientCpus',
  mem: 'InsufficientMemory',
  disk: 'InsufficientDisk',
  gpus: 'InsufficientGpus',
};

/** Gives waiting instances to offers: first come, first served, each on the first offer that fits. */
export function place(
  demands: readonly Demand[],
  offers: readonly Offer[],
  limits: PlaceLimits,
  chance: Chance,
): { accepted: Match[]; refused: Refused[] } {
  const remaining = offers.map(remainingOf);
  const accepted: Match[] = [];
  const refused: Refused[] = [];
  for (const demand of demands) {
    const constraints = constraintsOf(demand);
    const full = new Set<Remaining>();
    for (const instance of demand.waiting) {
      if (limits.maxLaunches !== null && accepted.length >= limits.maxLaunches) return { accepted, refused };
      const match = placeOne(demand, instance, remaining, full, constraints, limits, chance, refused);
      if (match === null) break;
      accepted.push(match);
    }
  }
  return { accepted, refused };
}

/** Host ports that a run spec asks for, in order of declaration. */
export function wantedPorts(app: App): (number | 'any' | null)[] {
  const mappings = app.container?.portMappings;
  if (mappings !== null && mappings !== undefined) return mappings.map(({ hostPort }) => (hostPort === 0 ? 'any' : hostPort));
  return app.portDefinitions.map(({ port }) => (app.requirePorts && port !== 0 ? port : 'any'));
}

function placeOne(
  demand: Demand,
  instance: Instance,
  all: readonly Remaining[],
  full: Set<Remaining>,
  constraints: readonly Constraint[],
  limits: PlaceLimits,
  chance: Chance,
  refused: Refused[],
): Match | null {
  const { app, roles } = demand;
  for (const remaining of all) {
    if (full.has(remaining)) continue;
    const { reasons, details, ports } = judge(demand, remaining, constraints, limits, chance);
    if (ports === null || reasons.length > 0) {
      full.add(remaining);
      refused.push({ app, offer: remaining.offer, reasons, detail: details.join('; ') });
      continue;
    }
    for (const name of SCALARS) takeScalar(remaining, name, roles, toThousandths(app[name]));
    takePorts(remaining, ports, roles);
    remaining.launched += 1;
    for (const constraint of constraints) considerPlace(constraint, remaining.offer);
    // A place that broke a constraint may fit now that the spread has changed, so look at all of them again.
    if (constraints.length > 0) full.clear();
    if (limits.maxInstancesPerOffer !== null && remaining.launched >= limits.maxInstancesPerOffer) full.add(remaining);
    return { app, instance, offer: remaining.offer, hostPorts: ports };
  }
  return null;
}

function judge(demand: Demand, remaining: Remaining, constraints: readonly Constraint[], limits: PlaceLimits, chance: Chance) {
  const { app, roles } = demand;
  const { offer } = remaining;
  const reasons: RefusalReason[] = [];
  const details: string[] = [];
  const refuse = (reason: RefusalReason, detail: string): void => {
    reasons.push(reason);
    details.push(detail);
  };
  if (!roles.some((role) => remaining.pools.has(role))) refuse('UnfulfilledRole', `${offer.host} offers nothing for ${roles.join(', ')}`);
  for (const constraint of constraints) {
    const refusal = refusalOf(constraint, offer, app.instances);
    if (refusal !== null && !reasons.includes('UnfulfilledConstraint')) refuse('UnfulfilledConstraint', refusal);
  }
  for (const name of SCALARS) {
    const left = scalarLeft(remaining, name, roles);
    const need = toThousandths(app[name]);
    if (need > left) refuse(SHORT_OF[name], `needs ${app[name]} ${name}, ${offer.host} has ${left / 1000} left`);
  }
  const ports = choosePorts(remaining, wantedPorts(app), roles, chance);
  if (ports === null) refuse('InsufficientPorts', portsDetail(app, offer.host));
  if (limits.gpuRestricted && app.gpus === 0 && scalarLeft(remaining, 'gpus', roles) > 0 && restrictsGpus(app)) {
    refuse('DeclinedScarceResources', `${offer.host} has GPUs, kept for apps that ask for some`);
  }
  return { reasons, details, ports };
}

function portsDetail(app: App, host: string): string {
  const demanded = wantedPorts(app).filter((port) => typeof port === 'number');
  return demanded.length > 0 ? `port ${demanded.join(', ')} is not free on ${host}` : `${host} has no free port left`;
}

function restrictsGpus(app: App): boolean {
  return app.labels['GPU_SCHEDULING_BEHAVIOR'] !== 'unrestricted';
}

function constraintsOf({ app, placed }: Demand): Constraint[] {
  return app.constraints.map(([field = '', operator = '', parameter = '']) => {
    const constraint: Constraint = { field, operator: operator.toUpperCase(), parameter, spread: { counts: new Map(), first: null } };
    for (const where of placed) considerPlace(constraint, where);
    return constraint;
  });
}
