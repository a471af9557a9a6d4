import type { AssemblyLimits } from './assembly-limits.ts';
import type { PlacedRun } from './content-run.ts';
import type { CutPoints } from './cut-points.ts';

/** A stretch of the file that is uploaded, or copied from one source. */
export interface Piece {
  readonly offset: number;
  readonly size: number;
  /** Number of the run that it is copied from; null: uploaded. */
  readonly run: number | null;
}

/** Among plans that cost the same bytes the one of fewest pieces; never as much as a byte in all. */
const PIECE_COST = 2 ** -20;

/**
 * Divides a file into pieces so that the bytes uploaded, and what staging objects cost, are least.
 *
 * A piece of `minPart` bytes and more can be a part by itself. A smaller one can only be the last part
 * of an object: of the file's own, or of a staging object that holds a large piece before it and
 * counts as one large piece in turn. So the first piece must be large (or the only one), up to `maxChain`
 * small ones may follow a large one, and one more if it ends the file.
 *
 * A shortest path over (cut point, what the pieces up to there end with): a large copy, a large
 * upload (both may grow by the next stretch), or so many small pieces since the last large one.
 * Work: the pairs of cut points closer than `minPart`, times `maxChain`.
 */
export function searchPieces(
  runs: readonly PlacedRun[],
  cuts: CutPoints,
  limits: Pick<AssemblyLimits, 'minPart' | 'maxChain' | 'stagingCost'>,
): Piece[] {
  const search = new PieceSearch(runs, cuts, limits);
  for (let cut = 0; cut < cuts.positions.length - 1; cut++) search.leave(cut);
  return search.best();
}

class PieceSearch {
  readonly #runs: readonly PlacedRun[];
  readonly #cuts: CutPoints;
  readonly #limits: Pick<AssemblyLimits, 'minPart' | 'maxChain' | 'stagingCost'>;
  /** States of a cut point: 0 large copy, 1 … maxChain small pieces, then these. */
  readonly #largeUpload: number;
  readonly #start: number;
  readonly #end: number;
  readonly #states: number;
  readonly #last: number;
  readonly #costs: Float64Array;
  /** The state that each was reached from, and whether by an upload. */
  readonly #from: Int32Array;
  readonly #uploaded: Uint8Array;

  constructor(
    runs: readonly PlacedRun[],
    cuts: CutPoints,
    limits: Pick<AssemblyLimits, 'minPart' | 'maxChain' | 'stagingCost'>,
  ) {
    this.#runs = runs;
    this.#cuts = cuts;
    this.#limits = limits;
    this.#largeUpload = limits.maxChain + 1;
    this.#start = limits.maxChain + 2;
    this.#end = limits.maxChain + 3;
    this.#states = limits.maxChain + 4;
    this.#last = cuts.positions.length - 1;
    const places = cuts.positions.length * this.#states;
    this.#costs = new Float64Array(places).fill(Number.POSITIVE_INFINITY);
    this.#from = new Int32Array(places).fill(-1);
    this.#uploaded = new Uint8Array(places);
    this.#costs[this.#start] = 0;
  }

  /** Tries every piece that begins at `cut`, whatever came before it. */
  leave(cut: number): void {
    const run = this.#cuts.runs[cut] ?? 0;
    const { source = null, offset = 0, size = 0 } = this.#runs[run] ?? {};
    const runEnd = source === null ? Number.NEGATIVE_INFINITY : offset + size;
    const isInside = this.#at(cut) > offset;
    for (let state = 0; state < this.#states; state++) {
      const place = cut * this.#states + state;
      if (this.#cost(place) === Number.POSITIVE_INFINITY) continue;
      if (state === this.#largeUpload) {
        this.#reach(place, cut + 1, { state, upload: true, cost: this.#length(cut, cut + 1) });
      } else this.#begin(place, cut, { upload: true, until: Number.POSITIVE_INFINITY });
      if (state === 0 && isInside) {
        this.#reach(place, cut + 1, { state: 0, upload: false, cost: 0 });
      } else this.#begin(place, cut, { upload: false, until: runEnd });
    }
  }

  /** Pieces of every length up to the first that is large; those can grow later. */
  #begin(
    place: number,
    cut: number,
    { upload, until }: { readonly upload: boolean; readonly until: number },
  ): void {
    const { minPart, maxChain, stagingCost } = this.#limits;
    const state = place % this.#states;
    const small = state > 0 && state <= maxChain ? state : 0;
    for (let to = cut + 1; to <= this.#last && this.#at(to) <= until; to++) {
      const length = this.#length(cut, to);
      const cost = PIECE_COST + (upload ? length : 0);
      if (length >= minPart) {
        this.#reach(place, to, { state: upload ? this.#largeUpload : 0, upload, cost });
        return;
      }
      if (to === this.#last) this.#reach(place, to, { state: this.#end, upload, cost });
      else if (state !== this.#start && small < maxChain) {
        this.#reach(place, to, { state: small + 1, upload, cost: cost + stagingCost });
      }
    }
  }

  #reach(
    from: number,
    to: number,
    by: { readonly state: number; readonly upload: boolean; readonly cost: number },
  ): void {
    const place = to * this.#states + by.state;
    const cost = this.#cost(from) + by.cost;
    if (cost >= this.#cost(place)) return;
    this.#costs[place] = cost;
    this.#from[place] = from;
    this.#uploaded[place] = by.upload ? 1 : 0;
  }

  /** The way back from the cheapest end. */
  best(): Piece[] {
    const base = this.#last * this.#states;
    let place = base + this.#end;
    for (const state of [0, this.#largeUpload]) {
      if (this.#cost(base + state) < this.#cost(place)) place = base + state;
    }
    const pieces: Piece[] = [];
    for (let from = this.#from[place] ?? -1; from >= 0; from = this.#from[place] ?? -1) {
      const cut = Math.floor(from / this.#states);
      const to = Math.floor(place / this.#states);
      const run = this.#uploaded[place] === 1 ? null : (this.#cuts.runs[cut] ?? 0);
      pieces.push({ offset: this.#at(cut), size: this.#length(cut, to), run });
      place = from;
    }
    return joinPieces(pieces.reverse());
  }

  #cost(place: number): number {
    return this.#costs[place] ?? Number.POSITIVE_INFINITY;
  }

  #at(cut: number): number {
    return this.#cuts.positions[cut] ?? 0;
  }

  #length(from: number, to: number): number {
    return this.#at(to) - this.#at(from);
  }
}

/** What grew stretch by stretch becomes one; uploads side by side were one anyway. */
function joinPieces(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last?.run === piece.run) {
      joined[joined.length - 1] = { ...last, size: last.size + piece.size };
    } else joined.push(piece);
  }
  return joined;
}
