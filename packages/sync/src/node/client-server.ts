import type { ApiClient } from '@valise/client';
import { nameKey } from '@valise/core/names';
import type { ChangeEvent, File } from '@valise/core/wire';
import type { RemoteChange, Server } from '../ports/server.ts';
import { isLegalName } from '../scan/legal-name.ts';
import { type NodeId, type RemoteNode, ROOT, type Share } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { isShare, type ShareBook } from './share-book.ts';

/** Entries of a page: large enough that a first listing of 100,000 files is ten calls. */
const LISTING_PAGE = 10_000;

/** The Server port over the HTTP contract. */
export function clientServer(
  { files, changes, shares, accounts }: ApiClient,
  book: ShareBook,
): Server {
  return {
    async changes(since) {
      const request = since === null ? { limit: LISTING_PAGE } : { since };
      const { cursor, hasMore, ...page } = await changes.page(request);
      await book.look(page.changes);
      return { changes: remoteChanges(page.changes, book), cursor, hasMore };
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
    async copy(id, { parentId, name }) {
      await files.copy(id, { name, parentId: folderId(parentId) });
    },
    async leave(id) {
      const me = await accounts.me();
      await shares.remove(id, me.id);
    },
    async setMeta(id, { modifiedAt, executable }) {
      await files.update(id, { modifiedAt: new Date(modifiedAt).toISOString(), executable });
    },
    remove: (id, seen) => files.remove(id, seen),
  };
}

/** `null` is the root on the wire. */
export function folderId(id: NodeId): string | null {
  if (id === SHARED) throw new Error('The server has no such folder.');
  return id === ROOT ? null : id;
}

/** What the engine is to know of them; `book` has been asked to look. */
export function remoteChanges(
  events: readonly ChangeEvent[],
  book: ShareBook,
): readonly RemoteChange[] {
  return events.flatMap((event) => {
    if (event.type === 'remove') return { kind: 'remove', id: event.fileId };
    const { file } = event;
    // Its first content is still on its way.
    if (file.status === 'uploading') return [];
    const share = isShare(file) ? (book.shareOf(file) ?? null) : null;
    // Not shared any more, which the feed is about to say; or a name that no disk should see.
    const isAway = (isShare(file) && share === null) || !isLegalName(file.name);
    if (isAway) return { kind: 'remove', id: file.id };
    return { kind: 'upsert', node: remoteNode(file, share) };
  });
}

function remoteNode(file: File, share: Share | null): RemoteNode {
  const { id, name, kind, version, role } = file;
  return {
    id,
    parentId: share === null ? (file.parentId ?? ROOT) : SHARED,
    name,
    key: nameKey(name),
    kind,
    content: contentOf(file),
    size: kind === 'file' ? file.size : 0,
    modifiedAt: kind === 'file' ? Date.parse(file.modifiedAt) : 0,
    executable: kind === 'file' && file.executable,
    version,
    writable: role !== 'viewer',
    owner: role === 'owner' ? '' : file.ownerId,
    share,
  };
}

/** Content without a fingerprint is like no other: it is compared by its version. */
function contentOf({ id, kind, target, fingerprint, version }: File): string {
  if (kind === 'folder') return '';
  if (kind === 'symlink') return `->${target ?? ''}`;
  return fingerprint ?? `${id}@${version}`;
}
