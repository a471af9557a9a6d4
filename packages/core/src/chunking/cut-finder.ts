/** Bytes before a block that its search reads. */
export const CONTEXT = 65;
/** Bytes behind the end of a search that it may read, whatever they are. */
export const SLACK = 16;

/** Addresses, all of them; offsets in the content must be the same modulo `BLOCK`. */
export interface CutSearch {
  /** Begins a block, not the first one: the search starts with the chunk's end right behind it. */
  readonly from: number;
  /** The last end that is looked at. */
  readonly to: number;
  /** The first end where a strict candidate suffices, … */
  readonly strictFrom: number;
  /** … where any candidate does, … */
  readonly looseFrom: number;
  /** … and where a hit does. */
  readonly anyFrom: number;
}

/**
 * Memory that a content is laid into, and the search for where a chunk of it may end. Keeps nothing
 * between searches. Costs a bounded amount of work per block, whatever is in there.
 */
export interface CutFinder {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * The first end in the range that counts, as an address; 0 if there is none. The `CONTEXT` bytes
   * before `from` must be the content's, or zeros where it starts.
   */
  find(search: CutSearch): number;
}
