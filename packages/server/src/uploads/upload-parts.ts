import { partRange } from '@valise/core/plan';
import type { Db, Tx } from '../db/database.ts';
import { findAssembly } from './assembly/assembly-store.ts';
import { sentParts } from './assembly/sent-parts.ts';
import type { UploadParts } from './sent-part.ts';
import type { UploadRow } from './upload-row.ts';
import { uploadNotFound } from './upload-store.ts';

/** Throws `upload-not-found` where the plan has gone with its upload. */
export async function findParts(db: Db | Tx, row: UploadRow): Promise<UploadParts> {
  if (!row.assembled) return wholeParts(row);
  const assembly = await findAssembly(db, row);
  if (assembly === null) throw uploadNotFound();
  return sentParts(assembly);
}

function wholeParts(row: UploadRow): UploadParts {
  const { objectKey: key, storeUploadId } = row;
  return {
    count: row.partCount,
    part: (number) => ({ ...partRange(row, number), key, storeUploadId, storePart: number }),
  };
}
