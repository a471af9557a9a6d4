import type { LocalPath } from '../../ports/file-system.ts';
import { OWN_FOLDER } from '../../scan/scan-folders.ts';

export interface FolderWatcher {
  /** Watches exactly these folders from now on; `hint: false` if they are about to be looked at. */
  follow(folders: ReadonlySet<LocalPath>, options?: { readonly hint?: boolean }): void;
  /** False once the system refused a watch: some folders aren't seen then. */
  readonly isWhole: boolean;
  close(): void;
}

/**
 * A hint: something happened to that name in that folder, or to nobody knows which name.
 * `folder` null: somewhere.
 */
export type OnHint = (folder: LocalPath | null, name: string | null) => void;

/** What the agent does in its own folder is no news. */
export function isOwn(path: LocalPath): boolean {
  return path.split('/')[0] === OWN_FOLDER;
}
