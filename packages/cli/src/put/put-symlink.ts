import type { FilesApi } from '@valise/client';
import { AppError } from '@valise/core/errors';
import type { FileName } from '@valise/core/names';
import type { File } from '@valise/core/wire';
import type { FolderId, RemoteTree } from '../paths/remote-tree.ts';

export interface SymlinkRequest {
  readonly parentId: FolderId;
  readonly name: FileName;
  readonly target: string;
  readonly modifiedAt: Date;
}

/**
 * Makes the remote symlink the same as the local one. A file or another symlink in its place goes
 * to the trash; a folder is never replaced.
 */
export async function putSymlink(
  { files, tree, signal }: { files: FilesApi; tree: RemoteTree; signal: AbortSignal },
  { parentId, name, target, modifiedAt }: SymlinkRequest,
): Promise<{ readonly file: File; readonly made: boolean }> {
  const there = await tree.findChild(parentId, name);
  if (there?.kind === 'symlink' && there.target === target) return { file: there, made: false };
  if (there?.kind === 'folder') {
    throw new AppError('name-taken', 'A folder is there; a symlink does not replace it.');
  }
  if (there !== null) {
    await files.remove(there.id, { version: there.version, signal });
    tree.forget(there);
  }
  const request = { parentId, name, target, modifiedAt: modifiedAt.toISOString() };
  const file = await files.createSymlink(request, { signal });
  tree.remember(file);
  return { file, made: true };
}
