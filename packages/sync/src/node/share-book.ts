import type { SharesApi } from '@valise/client';
import type { ChangeEvent, File } from '@valise/core/wire';
import type { Share } from '../tree/node.ts';

/** Who shared what and when, which the feed doesn't say. */
export interface ShareBook {
  /** Asks the server if these speak of a share that isn't known yet. */
  look(events: readonly ChangeEvent[]): Promise<void>;
  /** Whether `look` would have to ask. */
  knows(events: readonly ChangeEvent[]): boolean;
  /** Undefined for what isn't shared any more. */
  shareOf(file: File): Share | undefined;
}

/** It is shared by itself: whatever lies above it isn't. */
export function isShare({ role, parentId }: File): boolean {
  return role !== 'owner' && parentId === null;
}

export function createShareBook(shares: Pick<SharesApi, 'sharedWithMe'>): ShareBook {
  const known = new Map<string, Omit<Share, 'name'>>();
  const knows = (events: readonly ChangeEvent[]) =>
    events.every((event) => event.type === 'remove' || isKnown(event.file));
  const isKnown = (file: File) => !isShare(file) || known.has(file.id);
  return {
    knows,
    async look(events) {
      // Shared again is shared anew.
      for (const event of events) if (event.type === 'remove') known.delete(event.fileId);
      if (knows(events)) return;
      for (const { id, sharedBy, sharedAt } of await shares.sharedWithMe()) {
        known.set(id, { sharedBy: sharedBy.name, sharedAt: Date.parse(sharedAt) });
      }
    },
    shareOf(file) {
      const share = known.get(file.id);
      return share && { ...share, name: file.name };
    },
  };
}
