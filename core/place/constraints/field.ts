import type { Attribute, PortRange } from '../../../model/resources.ts';

/** What constraints look at: an offer, or where an instance runs. */
export interface Place {
  readonly host: string;
  readonly region: string | null;
  readonly zone: string | null;
  readonly attributes: readonly Attribute[];
}

/** The value of a constraint's field at a place; null when the place does not have it. */
export function fieldValue(field: string, place: Place): string | null {
  switch (field) {
    case 'hostname':
    case '@hostname':
      return place.host;
    case '@region':
      return place.region;
    case '@zone':
      return place.zone;
    default: {
      const attribute = place.attributes.find(({ name }) => name === field);
      return attribute === undefined ? null : attributeText(attribute);
    }
  }
}

/** Marathon: text as it is, scalars with at most 3 decimals, ranges `[1-2,5-6]` and sets `{a,b}` sorted. */
export function attributeText({ value }: Attribute): string {
  switch (value.is) {
    case 'text':
      return value.text;
    case 'scalar':
      return formatScalar(value.scalar);
    case 'ranges':
      return `[${[...value.ranges]
        .sort((a, b) => a.begin - b.begin)
        .map(rangeText)
        .join(',')}]`;
    case 'set':
      return `{${[...value.items].sort().join(',')}}`;
  }
}

/** `1.0` → `1`, `1.0005` → `1`, `0.125` → `0.125`. */
export function formatScalar(value: number): string {
  // Mesos keeps scalars in thousandths and rounds half to even.
  const thousandths = value * 1000;
  const floor = Math.floor(thousandths);
  const rest = Math.round((thousandths - floor) * 1e6) / 1e6;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return String(rounded / 1000);
}

function rangeText({ begin, end }: PortRange): string {
  return `${begin}-${end}`;
}
