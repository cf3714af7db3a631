/** Inclusive range of ports. */
export interface PortRange {
  readonly begin: number;
  readonly end: number;
}

/** One resource of an agent or an offer, in Mesos' terms. cpus with 3 decimals, mem and disk in MB. */
export interface Resource {
  readonly name: string;
  /** `*` = unreserved. */
  readonly role: string;
  readonly value:
    | { readonly is: 'scalar'; readonly scalar: number }
    | { readonly is: 'ranges'; readonly ranges: readonly PortRange[] }
    | { readonly is: 'set'; readonly items: readonly string[] };
}

/** An agent's attribute, in Mesos' terms. */
export interface Attribute {
  readonly name: string;
  readonly value:
    | { readonly is: 'scalar'; readonly scalar: number }
    | { readonly is: 'ranges'; readonly ranges: readonly PortRange[] }
    | { readonly is: 'set'; readonly items: readonly string[] }
    | { readonly is: 'text'; readonly text: string };
}

/** What one task is given: cpus (3 decimals), mem and disk in MB, whole gpus, host ports in order of declaration. */
export interface TaskResources {
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly gpus: number;
  readonly ports: readonly number[];
}

/** Mesos: cpus are compared and added in thousandths, so that 0.1 × 10 is 1. */
export function toThousandths(value: number): number {
  return Math.round(value * 1000);
}
