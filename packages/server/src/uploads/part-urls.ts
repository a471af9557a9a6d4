import type { Part, PartUrlsRequest } from '@valise/core/wire';
import { readSomeParts } from './part-store.ts';
import { ensureStoreUpload } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findParts } from './upload-parts.ts';
import { hasWholeChunkList, type UploadRow } from './upload-row.ts';
import { expectBytes } from './upload-store.ts';
import { chunksIncomplete, viewParts } from './upload-view.ts';

/** Fresh requests for these parts. Throws `invalid-value` for one that isn't planned. */
export async function signParts(
  deps: UploadDeps,
  upload: UploadRow,
  { partNumbers, hashes = {} }: Pick<PartUrlsRequest, 'partNumbers' | 'hashes'>,
): Promise<Part[]> {
  const sent = await findParts(deps.db, upload);
  for (const number of partNumbers) sent.part(number);
  if (!hasWholeChunkList(upload)) throw chunksIncomplete(upload);
  const row = await ensureStoreUpload(deps, upload);
  await expectBytes(deps, row);
  const vouched = await readSomeParts(deps.db, row.id, partNumbers);
  const byNumber = new Map<number, string>();
  for (const number of partNumbers) {
    // Only members that are numbers were checked by the schema.
    const hash = hashes[String(number)];
    if (hash !== undefined) byNumber.set(number, hash.slice('sha256:'.length));
  }
  return viewParts(deps, row, { numbers: partNumbers, vouched, hashes: byNumber });
}
