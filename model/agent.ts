import type { AgentId } from './ids.ts';
import type { Attribute, Resource } from './resources.ts';

/** A machine that runs tasks, with everything it has. */
export interface AgentInfo {
  readonly id: AgentId;
  readonly host: string;
  readonly resources: readonly Resource[];
  readonly attributes: readonly Attribute[];
  readonly region: string | null;
  readonly zone: string | null;
}
