import type { CheckedBlobs } from './blob-check.ts';
import type { Extents } from './extent.ts';
import type { Journal } from './journal.ts';
import type { ObjectIndex } from './object-index.ts';
import type { DamagedRange } from './segment.ts';

export type Fault =
  | { readonly kind: 'journal' | 'index' | 'references'; readonly detail: string }
  | { readonly kind: 'blob'; readonly blob: string; readonly detail: string }
  | {
      readonly kind: 'object';
      readonly bucket: string;
      readonly key: string;
      /** After a repair: whether the content it had before stands there now, or nothing. */
      readonly left?: 'older' | 'nothing';
    }
  | { readonly kind: 'part'; readonly upload: string; readonly number: number };

/** Rows looked up at once. */
const PAGE = 500;

/** Where the journal can't be read. */
export class Damage {
  readonly #ranges: DamagedRange[] = [];

  add(range: DamagedRange | undefined): void {
    if (range) this.#ranges.push(range);
  }

  /** Whether all of this content is there. Blobs that nobody has looked at are taken to be. */
  spares(journal: Journal, blobs: CheckedBlobs, extents: Extents): boolean {
    return extents.every(([blob, from, length]) => {
      if (!blob.startsWith('j')) return !blobs.bad.has(blob);
      const segment = Number(blob.slice(1));
      const to = from + length;
      if (!journal.has({ segment, offset: to })) return false;
      return !this.#ranges.some(
        (hole) => hole.segment === segment && hole.from < to && from < hole.to,
      );
    });
  }
}

export function checkRows(
  index: ObjectIndex,
  intact: (extents: Extents) => boolean,
  faults: Fault[],
): void {
  const isWhole = (row: { size: number; extents: Extents }): boolean =>
    row.extents.reduce((sum, [, , length]) => sum + length, 0) === row.size && intact(row.extents);
  for (const id of allRows(index, 'objects')) {
    const row = index.objectRow(id);
    if (row && !isWhole(row)) faults.push({ kind: 'object', bucket: row.bucket, key: row.key });
  }
  for (const id of allRows(index, 'parts')) {
    const row = index.partRow(id);
    if (!row || isWhole(row)) continue;
    faults.push({ kind: 'part', upload: row.upload, number: row.number });
  }
}

function* allRows(index: ObjectIndex, table: 'objects' | 'parts'): Generator<number> {
  const last = index.lastRow(table);
  for (let after = 0; ; ) {
    const ids = index.rowIds(table, { after, last, limit: PAGE });
    if (ids.length === 0) return;
    yield* ids;
    after = ids.at(-1) ?? last;
  }
}
