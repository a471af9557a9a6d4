import type { ApiClient } from '@valise/client';
import { nameKey } from '@valise/core/names';
import type { ChangeEvent, File } from '@valise/core/wire';
import type { RemoteChange, Server } from '../ports/server.ts';
import { type NodeId, type RemoteNode, ROOT } from '../tree/node.ts';

/** Entries of a page: large enough that a first listing of 100,000 files is ten calls. */
const LISTING_PAGE = 10_000;

/** The Server port over the HTTP contract. */
export function clientServer({ files, changes }: ApiClient): Server {
  return {
    async changes(since) {
      const request = since === null ? { limit: LISTING_PAGE } : { since };
      const page = await changes.page(request);
      const { cursor, hasMore } = page;
      return { changes: page.changes.flatMap(remoteChange), cursor, hasMore };
    },
    async createFolder(id, { parentId, name }) {
      await files.createFolder({ id, name, parentId: folderId(parentId) });
    },
    async createSymlink(id, { parentId, name }, target) {
      await files.createSymlink({ id, name, parentId: folderId(parentId), target });
    },
    async move(id, { parentId, name }) {
      await files.update(id, { name, parentId: folderId(parentId) });
    },
    async setMeta(id, { modifiedAt, executable }) {
      await files.update(id, { modifiedAt: new Date(modifiedAt).toISOString(), executable });
    },
    remove: (id, seen) => files.remove(id, seen),
  };
}

/** `null` is the root on the wire. */
export function folderId(id: NodeId): string | null {
  return id === ROOT ? null : id;
}

/** None for what isn't there yet: a file whose first content is still on its way. */
export function remoteChange(event: ChangeEvent): RemoteChange[] {
  if (event.type === 'remove') return [{ kind: 'remove', id: event.fileId }];
  if (event.file.status === 'uploading' || event.file.role !== 'owner') return [];
  return [{ kind: 'upsert', node: remoteNode(event.file) }];
}

export function remoteNode(file: File): RemoteNode {
  const { id, name, kind, version, role } = file;
  return {
    id,
    parentId: file.parentId ?? ROOT,
    name,
    key: nameKey(name),
    kind,
    content: contentOf(file),
    size: kind === 'file' ? file.size : 0,
    modifiedAt: kind === 'file' ? Date.parse(file.modifiedAt) : 0,
    executable: kind === 'file' && file.executable,
    version,
    writable: role !== 'viewer',
  };
}

/** Content without a fingerprint is like no other: it is compared by its version. */
function contentOf({ id, kind, target, fingerprint, version }: File): string {
  if (kind === 'folder') return '';
  if (kind === 'symlink') return `->${target ?? ''}`;
  return fingerprint ?? `${id}@${version}`;
}
