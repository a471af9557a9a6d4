import { isAppError } from '@valise/core/errors';
import type { FileId, UploadId } from '@valise/core/ids';
import { parseName } from '@valise/core/names';
import type { CreateUploadRequest } from '@valise/core/wire';
import fc from 'fast-check';
import type { Db } from '../db/database.ts';
import { copyItem } from '../files/copy-file.ts';
import { createItem } from '../files/create-item.ts';
import { deleteItem } from '../files/delete-file.ts';
import { purgeItem } from '../files/purge-file.ts';
import { restoreItem } from '../files/restore-file.ts';
import { updateItem } from '../files/update-file.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { shareFile } from '../shares/share-file.ts';
import { unshareFile } from '../shares/unshare-file.ts';
import type { Storage } from '../storage/create-storage.ts';
import { completeUploads } from '../uploads/complete-uploads.ts';
import { createUploads } from '../uploads/create-uploads.ts';
import { parseNewUpload } from '../uploads/new-upload.ts';
import { describeContent, putPart } from '../uploads/test-uploads.ts';
import { findUploads } from '../uploads/upload-store.ts';
import { testCursors } from './test-cursors.ts';

/*
 * For tests: what people do to trees that some of them share, as random steps. Refusals are part of
 * the game: nobody asks first whether something may be done.
 */

const KINDS = {
  folder: 2,
  put: 5,
  touch: 1,
  rename: 1,
  move: 2,
  copy: 1,
  delete: 2,
  restore: 1,
  purge: 1,
  share: 2,
  unshare: 1,
} as const;
type Kind = keyof typeof KINDS;

/** One thing that somebody does. Numbers choose among what there is by then. */
export const aStep = fc.record({
  kind: fc.constantFrom(
    ...Object.entries(KINDS).flatMap(([kind, weight]) => Array<Kind>(weight).fill(kind as Kind)),
  ),
  file: fc.nat(),
  place: fc.nat(),
  whom: fc.nat(3),
  role: fc.constantFrom('viewer' as const, 'editor' as const),
  /** Done by `whom`, as whom the file was shared with, instead of its owner. */
  isGuests: fc.boolean(),
  /** Of a content: few, so that they meet. */
  name: fc.nat(2),
  /** What its author had seen: none, or often not the newest. */
  baseVersion: fc.constantFrom(undefined, null, null, 1, 2),
  /** Few, so that the same content comes again. */
  content: fc.nat(30),
});
export type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

export interface Known {
  readonly id: FileId;
  readonly owner: Caller;
  readonly isFolder: boolean;
}

export interface World {
  /** As of two servers. */
  readonly pools: readonly [Db, Db];
  readonly storage: Storage;
  readonly people: readonly Caller[];
  /** Whatever was ever there. */
  readonly files: Known[];
}

/** The `n`th step of those that are done at once. */
export async function takeStep(world: World, step: Step, n: number): Promise<void> {
  try {
    await carryOut(world, step, n);
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}

interface Act {
  readonly deps: ReturnType<typeof depsOf>;
  readonly step: Step;
  readonly actor: Caller;
  readonly other: Caller;
  readonly id: FileId;
  readonly parentId: FileId | null;
  readonly n: number;
}

function depsOf({ pools, storage }: World, n: number) {
  return { db: pools[n % 2] as Db, ambient: systemAmbient, cursors: testCursors, storage };
}

async function carryOut(world: World, step: Step, n: number): Promise<void> {
  const { people, files } = world;
  const chosen = files[step.file % Math.max(files.length, 1)];
  const owner = chosen?.owner ?? people[n % people.length];
  const other = people[step.whom];
  if (owner === undefined || other === undefined) return;
  const folders = files.filter((known) => known.owner === owner && known.isFolder);
  const parentId = folders[step.place % (folders.length + 1)]?.id ?? null;
  const actor = step.isGuests ? other : owner;
  const deps = depsOf(world, n);
  const kind = chosen === undefined && step.kind !== 'put' ? 'folder' : step.kind;
  const id = chosen?.id ?? systemAmbient.newId<FileId>();
  const made = await ACTS[kind]({ deps, step, actor, other, id, parentId, n });
  const treeOf = parentId === null ? actor : owner;
  if (made !== undefined) files.push({ ...made, owner: treeOf });
}

const NOTHING = {
  name: undefined,
  modifiedAt: undefined,
  executable: undefined,
  parentId: undefined,
};

type Made = Pick<Known, 'id' | 'isFolder'>;

const ACTS: Readonly<Record<Kind, (act: Act) => Promise<Made | undefined>>> = {
  async folder({ deps, actor, parentId }) {
    const name = parseName(`folder ${systemAmbient.newId()}`);
    const made = await createItem(deps, actor, { kind: 'folder', id: undefined, name, parentId });
    return { id: made.row.id, isFolder: true };
  },
  put: putContent,
  async touch({ deps, actor, id, n }) {
    const update = { ...NOTHING, modifiedAt: new Date(n * 1000) };
    await updateItem(deps, actor, { id, update });
    return undefined;
  },
  async rename({ deps, actor, id }) {
    const name = parseName(`renamed ${systemAmbient.newId()}`);
    await updateItem(deps, actor, { id, update: { ...NOTHING, name } });
    return undefined;
  },
  async move({ deps, actor, id, parentId }) {
    await updateItem(deps, actor, { id, update: { ...NOTHING, parentId } });
    return undefined;
  },
  async copy({ deps, actor, id, parentId }) {
    const name = parseName(`copy ${systemAmbient.newId()}`);
    const { row } = await copyItem(deps, actor, { sourceId: id, id: undefined, name, parentId });
    return { id: row.id, isFolder: row.kind === 'folder' };
  },
  async delete({ deps, actor, id }) {
    await deleteItem(deps, actor, { id, version: undefined, since: undefined });
    return undefined;
  },
  async restore({ deps, actor, id }) {
    await restoreItem(deps, actor, id);
    return undefined;
  },
  async purge({ deps, actor, id }) {
    await purgeItem(deps, actor, id);
    return undefined;
  },
  async share({ deps, actor, other, id, step: { role } }) {
    await shareFile(deps, actor, { id, users: [other.userId], role });
    return undefined;
  },
  async unshare({ deps, actor, other, id }) {
    await unshareFile(deps, actor, { id, userId: other.userId });
    return undefined;
  },
};

/** A whole upload, bytes and all: a new file, a next version or a conflicted copy. */
async function putContent({ deps, step, actor, parentId }: Act): Promise<Made | undefined> {
  const { baseVersion } = step;
  const content = Buffer.from(`content ${step.content}`);
  const request = parseNewUpload({
    name: `note ${step.name}.txt`,
    size: content.length,
    mimeType: 'text/plain',
    parentId,
    ...(describeContent(content) as Pick<CreateUploadRequest, 'chunks' | 'fingerprint'>),
    ...(baseVersion === undefined ? {} : { baseVersion }),
  });
  const [answer] = await createUploads(deps, actor, [request]);
  if (answer === undefined || isAppError(answer)) return undefined;
  const { upload } = answer;
  if (upload === null) return { id: answer.file.id as FileId, isFolder: false };
  // Another step may be at the same upload, and have sent its only part.
  const [part] = upload.parts;
  if (part?.request !== undefined) await putPart(part, content);
  const rows = await findUploads(deps.db, [upload.id as UploadId]);
  const [done] = (await completeUploads(deps, rows)).values();
  return done?.kind === 'done' ? { id: done.fileId, isFolder: false } : undefined;
}
