import type { FieldErrors } from '../fieldErrors.ts';
import { isRegExp } from './texts.ts';

/** Placement constraints, `[field, operator, value?]`. Marathon reports all of them on the path of the list. */
export function checkConstraints(constraints: readonly (readonly string[])[], errors: FieldErrors): void {
  for (const constraint of constraints) {
    const wrong = constraintError(constraint);
    if (wrong !== null) errors.add('/constraints', wrong);
  }
}

const ATTRIBUTE_VALUE = /^[a-zA-Z0-9_/.-]*$/;

/** Marathon: why a constraint is refused; null when it is well formed. */
export function constraintError(constraint: readonly string[]): string | null {
  const [, operator, value] = constraint;
  if (constraint.length < 2 || constraint.length > 3) return 'Each constraint must have either 2 or 3 fields';
  switch (operator) {
    case 'UNIQUE':
      return value === undefined || value === '' ? null : 'UNIQUE does not accept a value';
    case 'CLUSTER':
      return null;
    case 'GROUP_BY':
      return value === undefined || isInteger(value) ? null : 'GROUP BY must define an integer value or else no value at all';
    case 'LIKE':
    case 'UNLIKE':
      if (value === undefined || value === '') return 'LIKE and UNLIKE require a non-empty, regular expression value';
      return isRegExp(value) ? null : 'is not a valid regular expression';
    case 'MAX_PER':
      return value !== undefined && isInteger(value) ? null : 'MAX_PER requires an integer value';
    case 'IS':
      return value === undefined || ATTRIBUTE_VALUE.test(value)
        ? null
        : 'IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)';
    default:
      return 'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS';
  }
}

/** Java's Integer.parseInt: 32 bits with sign. */
function isInteger(text: string): boolean {
  return /^[+-]?\d{1,10}$/.test(text) && Math.abs(Number(text)) < 2 ** 31;
}
