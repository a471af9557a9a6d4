import type { Operation } from '../plan/operation.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId } from '../tree/node.ts';

/** Below this, "more than half" is an ordinary day. */
const FEW = 20;

export function isMost(files: number, syncedFiles: number): boolean {
  return files >= FEW && files * 2 > syncedFiles;
}

/** What of the dirty nodes has another content than was agreed on. */
export interface EditCount {
  /** Node by node, with what it holds. */
  readonly edited: ReadonlyMap<NodeId, string>;
  /** These may be edited, too: nobody has looked at them yet. */
  readonly unknown: readonly NodeId[];
  readonly syncedFiles: number;
}

/**
 * Counts among the dirty nodes, not in the plan: what was renamed as well is to be sent only when it
 * has its new name there. Null as soon as it is clear that these and the `sent` can't be most of all
 * files, which it mostly is before any node has been looked at. `isLeftOut`: is asked of what holds
 * that content, or null.
 */
export function countEdits(
  { dirty, trees, syncedFiles }: Pick<SyncState, 'dirty' | 'trees' | 'syncedFiles'>,
  {
    operations,
    sent,
    isLeftOut,
  }: {
    readonly operations: readonly Operation[];
    readonly sent: number;
    isLeftOut(id: NodeId, content: string | null): boolean;
  },
): EditCount | null {
  const known = dirty.changed.size + sent;
  if (known < FEW) return null;
  const files = syncedFiles();
  if (!isMost(known, files)) return null;
  // What nothing is planned for may stay unknown for good.
  const planned = new Set(operations.map(({ id }) => id));
  const edited = new Map<NodeId, string>();
  const unknown: NodeId[] = [];
  let left = dirty.changed.size;
  for (const id of dirty.changed) {
    if (!isMost(edited.size + unknown.length + left + sent, files)) return null;
    left--;
    const content = editedContent(trees, id);
    if (content === undefined || isLeftOut(id, content)) continue;
    if (content !== null) edited.set(id, content);
    else if (planned.has(id)) unknown.push(id);
  }
  return { edited, unknown, syncedFiles: files };
}

/**
 * What a node holds that isn't, or (null) may not be, what was agreed on. At first contact nobody
 * edited anything, nor where the server went back to a backup.
 */
export function editedContent(
  { local, synced }: SyncState['trees'],
  id: NodeId,
): string | null | undefined {
  const agreed = synced.get(id);
  const content = agreed && local.get(id)?.content;
  return content === agreed?.content ? undefined : content;
}

export function isSending(operation: Operation): boolean {
  return operation.kind === 'remote-upload' && operation.isEdit;
}
