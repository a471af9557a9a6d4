import type { RemoteNode } from '../tree/node.ts';

export interface PlanOptions {
  /** Whether the server's node is ignored or not chosen on this device. */
  isExcluded(node: RemoteNode): boolean;
  /** The first name like `report (conflicted copy, …).odt` that isn't taken. */
  conflictName(name: string, taken: (candidate: string) => boolean): string;
}
