import type { NodeId, RemoteNode } from '../tree/node.ts';

export interface PlanOptions {
  /** Whether the server's node is ignored on this device. */
  isIgnored(node: RemoteNode): boolean;
  /** Whether it is a folder that isn't wanted on this device; what lies in one isn't asked for. */
  isDeselected(id: NodeId): boolean;
  /** The first name like `report (conflicted copy, …).odt` that isn't taken. */
  conflictName(name: string, taken: (candidate: string) => boolean): string;
}
