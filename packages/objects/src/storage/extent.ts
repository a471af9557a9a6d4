/**
 * A run of bytes inside an immutable blob. `blob` is the id of a blob file, `j<n>` for journal
 * segment n (small content lives in the journal itself), or '' inside a journal record for bytes
 * that the record itself carries.
 */
export type Extent = readonly [blob: string, offset: number, length: number];

/** What a stored object or part consists of; its extents in order are its bytes. */
export type Extents = readonly Extent[];

/** The extents that cover `length` bytes from `start`; neighbours in one blob become one extent. */
export function sliceExtents(extents: Extents, start: number, length: number): Extents {
  const result: Extent[] = [];
  let position = 0;
  const end = start + length;
  for (const [blob, offset, size] of extents) {
    const from = Math.max(start, position);
    const to = Math.min(end, position + size);
    if (from < to) push(result, [blob, offset + from - position, to - from]);
    position += size;
    if (position >= end) break;
  }
  return result;
}

/** Appends, joining with the last extent where both are neighbours in one blob. */
function push(extents: Extent[], next: Extent): void {
  const last = extents.at(-1);
  if (last && last[0] === next[0] && last[1] + last[2] === next[1]) {
    extents[extents.length - 1] = [last[0], last[1], last[2] + next[2]];
  } else {
    extents.push(next);
  }
}

/** Puts lists of extents one after the other. */
export function joinExtents(lists: Iterable<Extents>): Extents {
  const result: Extent[] = [];
  for (const list of lists) {
    for (const extent of list) push(result, extent);
  }
  return result;
}
