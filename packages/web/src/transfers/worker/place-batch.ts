import { TaskSet } from '@valise/client';
import { nameKey } from '@valise/core/names';
import type { ClashChoice } from '../protocol.ts';
import { type FolderTree, freeName } from './folder-tree.ts';
import type { Transfer } from './transfer.ts';
import type { Place } from './upload-journal.ts';

/** Folders made or looked into side by side. */
const FOLDERS_AT_ONCE = 6;

export interface PlaceBatch {
  readonly tree: FolderTree;
  readonly parentId: string | null;
  readonly transfers: readonly Transfer[];
  readonly emptyFolders: readonly (readonly string[])[];
  /** Asked at most once for the whole batch. */
  ask(clashing: readonly Transfer[]): Promise<ClashChoice>;
  onPlaced(transfer: Transfer, place: Place): void;
  onSkipped(transfer: Transfer): void;
  onFailed(transfer: Transfer, error: unknown): void;
}

/**
 * Finds out where each upload of a batch goes: makes its folders, and asks what to do with names
 * that are taken while everything else goes ahead.
 */
export async function placeBatch(batch: PlaceBatch): Promise<void> {
  const clashing: Clash[] = [];
  const tasks = new TaskSet(FOLDERS_AT_ONCE);
  for (const group of byFolder(batch)) {
    await tasks.start(async () => {
      try {
        clashing.push(...(await placeGroup(batch, group)));
      } catch (error) {
        for (const transfer of group.transfers) batch.onFailed(transfer, error);
      }
    });
  }
  await tasks.finish();
  if (clashing.length === 0) return;
  const choice = await batch.ask(clashing.map(({ transfer }) => transfer));
  for (const clash of clashing) decide(batch, clash, choice);
}

interface Group {
  readonly path: readonly string[];
  readonly transfers: Transfer[];
}

function byFolder({ transfers, emptyFolders }: PlaceBatch): Group[] {
  const groups = new Map<string, Group>();
  const at = (path: readonly string[]) => {
    const key = path.join('/');
    const group = groups.get(key) ?? { path, transfers: [] };
    groups.set(key, group);
    return group;
  };
  for (const transfer of transfers) at(transfer.entry.path).transfers.push(transfer);
  for (const path of emptyFolders) at(path);
  return [...groups.values()].sort((a, b) => a.path.length - b.path.length);
}

interface Clash {
  readonly transfer: Transfer;
  readonly folderId: string | null;
  readonly version: number | null;
  isTaken(key: string): boolean;
  take(key: string): void;
}

async function placeGroup(
  { tree, parentId, onPlaced }: PlaceBatch,
  group: Group,
): Promise<Clash[]> {
  const folderId = await tree.folderAt(parentId, group.path);
  if (group.transfers.length === 0) return [];
  const siblings = await tree.siblingsIn(folderId);
  const taken = new Set<string>();
  const isTaken = (key: string) => taken.has(key) || siblings.has(key);
  const take = (key: string) => void taken.add(key);
  const clashes: Clash[] = [];
  for (const transfer of group.transfers) {
    const key = nameKey(transfer.entry.name);
    if (isTaken(key)) {
      const there = siblings.get(key);
      const version = there?.kind === 'file' ? there.version : null;
      clashes.push({ transfer, folderId, version, isTaken, take });
    } else {
      take(key);
      onPlaced(transfer, { folderId, name: transfer.entry.name, baseVersion: null });
    }
  }
  return clashes;
}

function decide(batch: PlaceBatch, clash: Clash, choice: ClashChoice): void {
  const { transfer, folderId, version } = clash;
  const { name } = transfer.entry;
  if (choice === 'skip') batch.onSkipped(transfer);
  else if (choice === 'replace' && version !== null) {
    batch.onPlaced(transfer, { folderId, name, baseVersion: version });
  } else {
    // A folder is never replaced by a file.
    const free = freeName(name, clash.isTaken);
    clash.take(nameKey(free));
    batch.onPlaced(transfer, { folderId, name: free, baseVersion: null });
  }
}
