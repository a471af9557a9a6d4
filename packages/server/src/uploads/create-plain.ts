import type { UserId } from '@valise/core/ids';
import { inTransaction } from '../db/database.ts';
import { MAX_PENDING } from './decide-uploads.ts';
import type { Created } from './finish-creation.ts';
import { type FreshUpload, freshUpload } from './fresh-upload.ts';
import { begun, insertFresh } from './insert-fresh.ts';
import { batchKeys } from './object-keys.ts';
import {
  findPlain,
  type LockedRequest,
  type PersonalRequest,
  type PlainRequest,
  tryLocks,
} from './plain-lookups.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadPlace } from './upload-place.ts';

/** Whether it may turn out to be plain: others needn't be tried. */
export function mayBePlain({ request }: PersonalRequest): boolean {
  return request.chunks.kind !== 'edits' && request.plan.size > 0;
}

/**
 * Begins what is plain, of many people in one short transaction: new files in folders that are
 * there, under new names, with content that is new. At its place stands what became of each
 * request, or null for one that is not plain, or whose person is busy: nothing was done about it,
 * and `createUploads` is to decide. No two may be of one name or one id.
 */
export async function createPlain(
  deps: UploadDeps,
  wanted: readonly PersonalRequest[],
): Promise<readonly (Created | null)[]> {
  return inTransaction(deps.db, async (tx) => {
    const owners = await tryLocks(tx, wanted);
    const locked = wanted.flatMap((one, place): readonly LockedRequest[] => {
      const ownerId = owners.get(place);
      return ownerId === undefined ? [] : [{ ...one, place, ownerId }];
    });
    const plain = await findPlain(tx, deps.storage.store.name, locked);
    const byPlace = new Map(locked.map((one) => [one.place, one]));
    const make = freshMaker(deps);
    const fresh = new Map<number, FreshUpload>();
    for (const found of plain) {
      const one = byPlace.get(found.place);
      const made = one === undefined ? null : make(one, found);
      if (made !== null) fresh.set(found.place, made);
    }
    const expiresAt = await insertFresh(tx, [...fresh.values()]);
    return wanted.map(({ request }, place) => {
      const made = fresh.get(place);
      return made === undefined ? null : begun(made, request, expiresAt);
    });
  });
}

/** Makes uploads up to each person's limit; one person's keys share their prefix, nobody else's. */
function freshMaker(deps: UploadDeps) {
  const now = deps.ambient.now();
  const made = new Map<UserId, { count: number; readonly keyOf: (n: number) => string }>();
  return (one: LockedRequest, { role, pending }: PlainRequest): FreshUpload | null => {
    const { caller, request, ownerId } = one;
    const theirs = made.get(caller.userId) ?? { count: 0, keyOf: batchKeys(deps.ambient) };
    made.set(caller.userId, theirs);
    if (pending + theirs.count >= MAX_PENDING) return null;
    const key = theirs.keyOf(theirs.count++);
    const folder = { id: request.parentId, ownerId };
    const place: UploadPlace = { folder, role, siblings: new Map() };
    return freshUpload(deps, { caller, request, place, key, link: null, now });
  };
}
