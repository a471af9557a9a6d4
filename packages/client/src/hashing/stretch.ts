/** A stretch of a content that one thread chunks and hashes. */
export interface Stretch {
  /** Bytes of the whole content. */
  readonly size: number;
  /** Taken for a cut. */
  readonly start: number;
  /** The chain goes on to the first cut here or later, at most to the content's end. */
  readonly until: number;
  /** Parts to hash beside the chunks. */
  readonly parts?: PartGrid;
}

/** Which parts lie in a stretch: whole ones of `size` bytes from its start on, but for the last. */
export interface PartGrid {
  /** Bytes each. */
  readonly size: number;
  /** Bytes of all of them; the stretch may go on behind. */
  readonly total: number;
}
