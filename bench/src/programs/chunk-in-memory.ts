/**
 * Chunks and fingerprints bytes in memory, one thread. Prints one JSON line per round: milliseconds
 * of SHA-256 alone, of chunking alone, and of both. Arguments: MiB, rounds.
 */
import { hash, randomFillSync } from 'node:crypto';
import { createChunker } from '@valise/core/chunking';

const [mebibytes = 256, rounds = 5] = process.argv.slice(2).map(Number);
const STEP = 262_144;

const content = randomFillSync(new Uint8Array(mebibytes * 1_048_576));

const measures = {
  sha256: () => hash('sha256', content, 'buffer').length,
  chunks() {
    const chunker = createChunker();
    return chunker.push(content).length + chunker.finish().length;
  },
  /** Piece by piece, so that what is hashed is still in the processor's cache. */
  both() {
    const chunker = createChunker();
    let start = 0;
    const hashUpTo = (ends: readonly number[]) => {
      for (const end of ends) {
        hash('sha256', content.subarray(start, end), 'buffer');
        start = end;
      }
    };
    for (let at = 0; at < content.length; at += STEP) {
      hashUpTo(chunker.push(content.subarray(at, at + STEP)));
    }
    hashUpTo(chunker.finish());
    return start;
  },
};

for (let round = -1; round < rounds; round++) {
  const times: Record<string, number> = {};
  for (const [name, measure] of Object.entries(measures)) {
    const begun = performance.now();
    measure();
    times[name] = performance.now() - begun;
  }
  // The first round warms up.
  if (round >= 0) process.stdout.write(`${JSON.stringify(times)}\n`);
}
