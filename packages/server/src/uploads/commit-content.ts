import type { ObjectId } from '@valise/core/ids';
import type { Db, Tx } from '../db/database.ts';
import { inTransaction } from '../db/database.ts';
import { isUniqueViolation } from '../db/database-errors.ts';
import type { Ambient } from '../run/ambient.ts';
import { addSamples } from './assembly/chunk-samples.ts';
import { insertObjects } from './object-rows.ts';
import type { UploadRow } from './upload-row.ts';

/** What a pending upload's file is to hold: an object just completed, or one that was there. */
export type CommitContent =
  | {
      readonly kind: 'stored';
      readonly etag: string;
      /** Of its chunks, where it is large enough to copy from. */
      readonly samples?: readonly bigint[];
    }
  | { readonly kind: 'linked'; readonly objectId: ObjectId };

export interface CommitItem {
  readonly row: UploadRow;
  readonly content: CommitContent;
}

/** The object of each item, in order; those that are new get their rows. */
export async function bringObjects(
  tx: Tx,
  ambient: Ambient,
  items: readonly CommitItem[],
): Promise<readonly ObjectId[]> {
  const stored = items.flatMap(({ row, content }) =>
    content.kind === 'stored'
      ? [{ id: ambient.newId<ObjectId>(), uploadId: row.id, ...content }]
      : [],
  );
  await insertObjects(tx, stored, ambient.now());
  for (const { id: objectId, uploadId, samples = [] } of stored) {
    await addSamples(tx, uploadId, { objectId, samples });
  }
  const made = new Map(stored.map((object) => [object.uploadId, object.id]));
  return items.map(({ row, content }) => {
    const id = content.kind === 'linked' ? content.objectId : made.get(row.id);
    if (id === undefined) throw new Error('Every stored content got an object.');
    return id;
  });
}

const NAME_RACES = 8;

/** Something took the name since we looked: what it means must be decided anew. */
export class LostNameRace extends Error {
  override readonly name = 'LostNameRace';
}

/** The other one has committed by then, so a repeat sees whose name it is. */
export async function inCommit<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(db, work);
    } catch (error) {
      const isRace = isUniqueViolation(error, 'files_live_name') || error instanceof LostNameRace;
      if (!isRace || attempt === NAME_RACES) throw error;
    }
  }
}
