import { type Candidate, CandidateScanner } from './candidate-scanner.ts';
import { CutSelector } from './cut-selector.ts';
import { BLOCK, MIN_CHUNK } from './parameters.ts';

/** Scanned at once: little is scanned in vain behind a cut, and seams are rare. */
const STRIDE = 4 * BLOCK;

export interface Chunker {
  /** Offsets in the file where chunks turned out to end. The bytes are read in place. */
  push(bytes: Uint8Array): number[];
  /** The last chunk's end, if any byte is left. Nothing may be pushed afterwards. */
  finish(): number[];
}

/**
 * Cuts a content into chunks in one pass, in constant memory. As no chunk ends within its first
 * `MIN_CHUNK` bytes, those aren't looked at: about half of a file.
 *
 * `start` is where the first byte pushed lies in the file. Cuts are the file's if a chunk begins
 * there, and as a rule from the third or fourth on if not: chains of cuts that meet stay together.
 */
export function createChunker(start = 0): Chunker {
  const scanner = new CandidateScanner(start);
  const selector = new CutSelector(start);

  function step(bytes: Uint8Array, at: number, cuts: number[]): number {
    const earliest = selector.start + MIN_CHUNK - 1;
    const wanted = earliest - (earliest % BLOCK);
    if (scanner.position < wanted) {
      const end = Math.min(at + wanted - scanner.position, bytes.length);
      scanner.skip(bytes.subarray(at, end));
      return end;
    }
    const found: Candidate[] = [];
    const end = Math.min(at + STRIDE, bytes.length);
    scanner.push(bytes.subarray(at, end), found);
    selector.advance(found, scanner.position, cuts);
    return end;
  }

  return {
    push(bytes) {
      const cuts: number[] = [];
      for (let at = 0; at < bytes.length; ) at = step(bytes, at, cuts);
      return cuts;
    },
    finish() {
      const cuts: number[] = [];
      selector.finish(scanner.position, cuts);
      return cuts;
    },
  };
}
