import { formatScalar, type Place, fieldValue } from './field.ts';

/** How the considered instances of a run spec spread over the values of one field. Grows as instances are placed. */
export interface Spread {
  readonly counts: Map<string, number>;
  /** Value of the first considered instance. */
  first: string | null;
}

/** One constraint of a run spec, with what it needs to know. */
export interface Constraint {
  readonly field: string;
  readonly operator: string;
  readonly parameter: string;
  readonly spread: Spread;
}

/** Null when the value fits; otherwise a sentence that says why not. `instances` = configured number. */
type Operator = (value: string, parameter: string, spread: Spread, instances: number) => string | null;

const OPERATORS: Readonly<Record<string, Operator>> = {
  UNIQUE: (value, _, { counts }) => (counts.has(value) ? `UNIQUE: ${value} already has an instance` : null),
  CLUSTER: (value, parameter, { first }) => {
    const wanted = parameter === '' ? first : parameter;
    return wanted === null || value === wanted ? null : `CLUSTER: wants ${wanted}, not ${value}`;
  },
  LIKE: (value, parameter) => (matches(value, parameter) ? null : `LIKE: ${value} does not match ${parameter}`),
  UNLIKE: (value, parameter) => (parameter !== '' && !matches(value, parameter) ? null : `UNLIKE: ${value} matches ${parameter}`),
  MAX_PER: (value, parameter, { counts }) =>
    (counts.get(value) ?? 0) < Number(parameter) ? null : `MAX_PER: ${value} already has ${counts.get(value)} of ${parameter}`,
  IS: (value, parameter) => {
    const wanted = /^[-+]?\d+(\.\d+)?$/.test(parameter) ? formatScalar(Number(parameter)) : parameter;
    return value === wanted ? null : `IS: wants ${wanted}, not ${value}`;
  },
  GROUP_BY: groupBy,
};

/** Null when a place keeps the constraint; otherwise a sentence for the person who waits. */
export function refusalOf({ field, operator, parameter, spread }: Constraint, place: Place, instances: number): string | null {
  const value = fieldValue(field, place);
  // Marathon: a place without the field satisfies UNLIKE and nothing else.
  if (value === null) return operator === 'UNLIKE' ? null : `${field}: ${place.host} has no such attribute`;
  const refusal = OPERATORS[operator]?.(value, parameter, spread, instances) ?? null;
  return refusal === null ? null : `${field}: ${refusal}`;
}

/** Counts an instance that is, or is about to be, at a place. */
export function considerPlace(constraint: Constraint, place: Place): void {
  const value = fieldValue(constraint.field, place);
  if (value === null) return;
  const { spread } = constraint;
  spread.counts.set(value, (spread.counts.get(value) ?? 0) + 1);
  spread.first ??= value;
}

/**
 * Marathon: with a number of groups, every group takes `instances div groups`, and the remainder one each. Without a number
 * the documentation's rule (the original stopped there): even over the values seen so far, a new value is always welcome.
 */
function groupBy(value: string, parameter: string, { counts }: Spread, instances: number): string | null {
  const here = counts.get(value) ?? 0;
  if (parameter === '') {
    if (here === 0) return null;
    const least = Math.min(...counts.values());
    return here <= least ? null : `GROUP_BY: ${value} has ${here}, another group only ${least}`;
  }
  const groups = Number(parameter);
  if (here === 0) return counts.size < groups ? null : `GROUP_BY: ${groups} groups exist already, ${value} would be one more`;
  const each = Math.floor(instances / groups);
  const remainder = instances % groups;
  let extra = 0;
  for (const count of counts.values()) extra += Math.max(0, count - each);
  if (here < each || (here === each && remainder - extra > 0)) return null;
  return `GROUP_BY: ${value} has its share of ${each} already`;
}

function matches(value: string, pattern: string): boolean {
  if (pattern === '') return false;
  try {
    return new RegExp(`^(?:${pattern})$`).test(value);
  } catch {
    // Validation refuses patterns that do not compile; one that only Java's engine knows matches nothing.
    return false;
  }
}
