import type { ChunkEdit } from './chunk-edits.ts';
import { recordCount, sliceRecords, unpackChunks } from './records.ts';
import { risingPairs } from './rising-pairs.ts';
import { recordKey, sameRecord } from './same-record.ts';

/** Chunk number `old` of the base is chunk number `new` of the other list. */
interface Position {
  readonly old: number;
  readonly new: number;
}

/**
 * Edits that turn `before` into `after`. Near the shortest list on real files, not always the
 * shortest (patience diff), in n log n:
 *
 *  1. set the common beginning and end aside;
 *  2. pair the chunks that the middles of both hold exactly once, and keep the longest run of
 *     pairs that is in order in both;
 *  3. grow each pair over its equal neighbours; what is left between two is an edit.
 */
export function diffChunks(before: Uint8Array, after: Uint8Array): ChunkEdit[] {
  const same = (position: Position) => sameRecord(before, position.old, after, position.new);
  const { start, end } = changedMiddle(before, after, same);
  const pairs = risingPairs(keysOf(before, start.old, end.old), keysOf(after, start.new, end.new));

  const edits: ChunkEdit[] = [];
  let done = start;
  const editUpTo = (next: Position) => {
    if (next.old === done.old && next.new === done.new) return;
    const insert = unpackChunks(sliceRecords(after, done.new, next.new - done.new));
    edits.push({ at: done.old, remove: next.old - done.old, insert });
  };
  for (const pair of pairs) {
    let from = shift(start, pair);
    // The run grown from an earlier pair may have swallowed this one.
    if (from.old < done.old || from.new < done.new || !same(from)) continue;
    let to = from;
    while (from.old > done.old && from.new > done.new && same(shift(from, -1))) {
      from = shift(from, -1);
    }
    while (to.old < end.old && to.new < end.new && same(to)) to = shift(to, 1);
    editUpTo(from);
    done = to;
  }
  editUpTo(end);
  return edits;
}

/** Chunks that `diffChunks` would have to look at: those between the common beginning and end. */
export function countCompared(before: Uint8Array, after: Uint8Array): number {
  const same = (position: Position) => sameRecord(before, position.old, after, position.new);
  const { start, end } = changedMiddle(before, after, same);
  return end.old - start.old + (end.new - start.new);
}

function shift(position: Position, by: Position | number): Position {
  const { old, new: fresh } = typeof by === 'number' ? { old: by, new: by } : by;
  return { old: position.old + old, new: position.new + fresh };
}

/** What lies between the common beginning and the common end. */
function changedMiddle(
  before: Uint8Array,
  after: Uint8Array,
  same: (position: Position) => boolean,
): { readonly start: Position; readonly end: Position } {
  const end = { old: recordCount(before), new: recordCount(after) };
  let head = 0;
  while (head < end.old && head < end.new && same({ old: head, new: head })) head++;
  while (end.old > head && end.new > head && same(shift(end, -1))) {
    end.old--;
    end.new--;
  }
  return { start: { old: head, new: head }, end };
}

function keysOf(records: Uint8Array, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => recordKey(records, from + n));
}
