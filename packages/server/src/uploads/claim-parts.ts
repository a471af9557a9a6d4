import type { ClaimPartsAnswer, ClaimPartsRequest } from '@valise/core/wire';
import type { Static } from 'typebox';
import { addParts } from './part-store.ts';
import { askStore } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findParts } from './upload-parts.ts';
import { isSingle, type UploadRow } from './upload-row.ts';
import { extendLife } from './upload-store.ts';

type Claims = ClaimPartsRequest['parts'];

/**
 * Marks those of the claimed parts that the store vouches for, by size and ETag. Throws
 * `invalid-value` for a part that isn't planned.
 */
export async function claimParts(
  deps: UploadDeps,
  row: UploadRow,
  claims: Claims,
): Promise<Static<typeof ClaimPartsAnswer>['parts']> {
  const numbers = claims.map((claim) => claim.partNumber);
  const sent = await findParts(deps.db, row);
  for (const number of numbers) sent.part(number);
  const range = { from: Math.min(...numbers), to: Math.max(...numbers) };
  const state = await askStore(deps, row, range);
  if (state.kind === 'object' && !isSingle(row)) {
    // It stands complete: the parts are gone into it, and so are their ETags.
    return numbers.map((partNumber) => ({ partNumber, status: 'uploaded', etag: state.etag }));
  }
  const stored = new Map<number, string>();
  if (state.kind === 'parts') {
    for (const part of state.parts) stored.set(part.partNumber, part.etag);
  } else if (state.kind === 'object') stored.set(1, state.etag);
  const vouched = claims.flatMap(({ partNumber, etag: claimed }) => {
    const etag = unquote(claimed);
    return stored.get(partNumber) === etag ? [{ partNumber, etag }] : [];
  });
  if ((await addParts(deps.db, row.id, vouched)) > 0) await extendLife(deps.db, row.id);
  const proven = new Map(vouched.map((part) => [part.partNumber, part.etag]));
  return numbers.map((partNumber) => {
    const etag = proven.get(partNumber);
    return etag === undefined
      ? { partNumber, status: 'not-started' as const, etag: null }
      : { partNumber, status: 'uploaded' as const, etag };
  });
}

function unquote(etag: string): string {
  return etag.replace(/^(W\/)?"|"$/g, '');
}
