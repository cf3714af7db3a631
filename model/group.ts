import type { GroupId } from './ids.ts';
import type { Version } from './time.ts';

/** A group of the tree. Its apps and subgroups are those whose ids lie directly below its own. */
export interface Group {
  readonly id: GroupId;
  readonly version: Version;
  /** Absolute paths of apps, pods or groups. */
  readonly dependencies: readonly string[];
  /** Only on top-level groups; null elsewhere. */
  readonly enforceRole: boolean | null;
}
