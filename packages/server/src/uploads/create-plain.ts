import type { UserId } from '@valise/core/ids';
import { inPipelinedTransaction } from '../db/pipelined-transaction.ts';
import { MAX_PENDING } from './decide-uploads.ts';
import type { Created } from './finish-creation.ts';
import { type FreshUpload, freshUpload } from './fresh-upload.ts';
import { begun, freshInsertion } from './insert-fresh.ts';
import { isNamed, type NamedUpload, type NewUpload } from './new-upload.ts';
import { batchKeys } from './object-keys.ts';
import { findPlain, type PersonalRequest, type PlainRequest, tryLocks } from './plain-lookups.ts';
import type { UploadDeps } from './upload-deps.ts';

/** Whether it may turn out to be plain: others needn't be tried. */
export function mayBePlain(request: NewUpload): request is NamedUpload {
  return isNamed(request) && request.chunks.kind !== 'edits' && request.plan.size > 0;
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
  const fresh = new Map<number, FreshUpload>();
  const rows = await inPipelinedTransaction(deps.db, async (tx) => {
    const [locked, plain] = await tx.send(
      tryLocks(wanted),
      findPlain(deps.storage.store.name, wanted),
    );
    const owners = new Map(locked.map(({ place, ownerId }) => [place, ownerId]));
    const make = freshMaker(deps);
    for (const found of plain) {
      const one = wanted[found.place];
      if (one === undefined || owners.get(found.place) !== found.ownerId) continue;
      const made = make(one, found);
      if (made !== null) fresh.set(found.place, made);
    }
    return fresh.size === 0 ? null : freshInsertion([...fresh.values()]);
  });
  const expiresAt = rows[0]?.expiresAt ?? new Date(0);
  return wanted.map(({ request }, place) => {
    const made = fresh.get(place);
    return made === undefined ? null : begun(made, request, expiresAt);
  });
}

/** Makes uploads up to each person's limit; one person's keys share their prefix, nobody else's. */
function freshMaker(deps: UploadDeps) {
  const now = deps.ambient.now();
  const made = new Map<UserId, { count: number; readonly keyOf: (n: number) => string }>();
  return (one: PersonalRequest, { ownerId, role, pending }: PlainRequest): FreshUpload | null => {
    const { caller, request } = one;
    const theirs = made.get(caller.userId) ?? { count: 0, keyOf: batchKeys(deps.ambient) };
    made.set(caller.userId, theirs);
    if (pending + theirs.count >= MAX_PENDING) return null;
    const key = theirs.keyOf(theirs.count++);
    const spot = { ...request.to, ownerId, role };
    return freshUpload(deps, { caller, request, spot, key, link: null, now });
  };
}
