import type { AssemblyLimits } from './assembly-limits.ts';
import type { PlacedRun } from './content-run.ts';
import type { Piece } from './search-pieces.ts';

/** One part of an object in the making. */
export type PlannedPart =
  | { readonly kind: 'upload'; readonly offset: number; readonly size: number }
  /** A range of a source. */
  | { readonly kind: 'copy'; readonly object: number; readonly from: number; readonly size: number }
  /** All of a staging object. */
  | { readonly kind: 'staged'; readonly staging: number; readonly size: number };

/** The parts of the object, and those of the staging objects, each made of earlier ones at most. */
export interface PartLayout {
  readonly parts: readonly PlannedPart[];
  readonly stagings: readonly (readonly PlannedPart[])[];
}

/** Sizes of parts that suit this file: `ASSEMBLY_LIMITS`, larger where they would be too many. */
export type PartSizes = Pick<AssemblyLimits, 'minPart' | 'uploadPart' | 'minCopy' | 'maxCopy'>;

/**
 * Makes parts of pieces. Large ones are parts by themselves, or several. Small ones that follow a large
 * one are put behind its end in staging objects, one in the other: of the large piece no more than
 * a part needs. A small piece at the very end is simply the last part.
 */
export function layOutParts(
  runs: readonly PlacedRun[],
  pieces: readonly Piece[],
  sizes: PartSizes,
): PartLayout {
  const parts: PlannedPart[] = [];
  const stagings: PlannedPart[][] = [];
  const split = (piece: Piece) => splitPiece(runs, piece, sizes);
  for (let at = 0; at < pieces.length; ) {
    const large = pieces[at];
    if (large === undefined) break;
    let end = at + 1;
    while ((pieces[end]?.size ?? sizes.minPart) < sizes.minPart && end < pieces.length - 1) end++;
    const small = pieces.slice(at + 1, end);
    at = end;
    if (small.length === 0) {
      parts.push(...split(large));
      continue;
    }
    const { before, anchor } = cutAnchor(large, sizes.minPart);
    if (before !== null) parts.push(...split(before));
    let held = wholePart(runs, anchor);
    for (const piece of small) {
      const size = held.size + piece.size;
      stagings.push([held, wholePart(runs, piece)]);
      held = { kind: 'staged', staging: stagings.length - 1, size };
    }
    parts.push(held);
  }
  return { parts, stagings };
}

/** The least end of a piece that can begin an object, and what stands before it. */
function cutAnchor(
  piece: Piece,
  minPart: number,
): { readonly before: Piece | null; readonly anchor: Piece } {
  if (piece.size < 2 * minPart) return { before: null, anchor: piece };
  const size = piece.size - minPart;
  const anchor = { ...piece, offset: piece.offset + size, size: minPart };
  return { before: { ...piece, size }, anchor };
}

function wholePart(runs: readonly PlacedRun[], { offset, size, run }: Piece): PlannedPart {
  if (run === null) return { kind: 'upload', offset, size };
  const { source = null, offset: start = 0 } = runs[run] ?? {};
  if (source === null) throw new Error('Only known runs are copied.');
  return { kind: 'copy', object: source.object, from: source.from + offset - start, size };
}

function splitPiece(
  runs: readonly PlacedRun[],
  piece: Piece,
  sizes: PartSizes,
): readonly PlannedPart[] {
  const lengths = piece.run === null ? uploadSizes(piece, sizes) : copySizes(piece, sizes);
  let { offset } = piece;
  return lengths.map((size) => {
    const part = wholePart(runs, { ...piece, offset, size });
    offset += size;
    return part;
  });
}

/** Equal parts; what is left over at the end joins the last one when it is too small. */
function uploadSizes({ size }: Piece, { uploadPart, minPart }: PartSizes): number[] {
  const rest = size % uploadPart;
  const whole = Array.from({ length: Math.floor(size / uploadPart) }, () => uploadPart);
  if (rest === 0) return whole;
  if (rest >= minPart || whole.length === 0) return [...whole, rest];
  return [...whole.slice(0, -1), uploadPart + rest];
}

/** As many as can be copied side by side, but none very small. */
const COPIES_SIDE_BY_SIDE = 16;

function copySizes({ size }: Piece, { minCopy, maxCopy }: PartSizes): number[] {
  const most = Math.max(1, Math.min(COPIES_SIDE_BY_SIDE, Math.floor(size / minCopy)));
  const count = Math.max(most, Math.ceil(size / maxCopy));
  const each = Math.floor(size / count);
  return Array.from({ length: count }, (_, n) => (n === 0 ? size - each * (count - 1) : each));
}
