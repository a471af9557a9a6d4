import type { Operation } from '../plan/operation.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId } from '../tree/node.ts';

/** Below this, "more than half" is an ordinary day. */
const FEW = 20;

export function isMost(files: number, syncedFiles: number): boolean {
  return files >= FEW && files * 2 > syncedFiles;
}

/** What has another content than was agreed on. */
export interface EditCount {
  /** Node by node, with what it holds. */
  readonly edited: ReadonlyMap<NodeId, string>;
  /** These may be edited, too: nobody has looked at them yet. */
  readonly unknown: readonly NodeId[];
  readonly syncedFiles: number;
}

/**
 * Counts what a plan would send or look at. Null where these and the `sent` are few. `isLeftOut`: is
 * asked of what holds that content, or null.
 */
export function countEdits(
  { trees, syncedFiles }: Pick<SyncState, 'trees' | 'syncedFiles'>,
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
  const concerned = operations.filter((one) => one.kind === 'hash' || isSending(one));
  // Asking for each of them is not free.
  if (concerned.length + sent < FEW) return null;
  const edited = new Map<NodeId, string>();
  const unknown: NodeId[] = [];
  for (const { id } of concerned) {
    const content = editedContent(trees, id);
    if (content === undefined || isLeftOut(id, content)) continue;
    if (content === null) unknown.push(id);
    else edited.set(id, content);
  }
  return { edited, unknown, syncedFiles: syncedFiles() };
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
