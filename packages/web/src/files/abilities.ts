import type { File } from '@valise/core/wire';

type Entry = Pick<File, 'role' | 'sharedRoot'>;

/** Whether it may be given new content, even if its folder is its owner's alone to see. */
export function mayReplace({ kind, role }: Pick<File, 'kind' | 'role'>): boolean {
  return kind === 'file' && role !== 'viewer';
}

/** Rename, move, delete: owners and editors; what was shared itself is its owner's to move. */
export function mayChange(files: readonly Entry[]): boolean {
  return (
    files.length > 0 && files.every(({ role, sharedRoot }) => role !== 'viewer' && !sharedRoot)
  );
}

export function mayShare({ role }: Entry): boolean {
  return role === 'owner';
}

/** Whether things may be put into this folder; null is one's own root. */
export function mayAddTo(folder: Entry | null): boolean {
  return folder === null || folder.role !== 'viewer';
}
