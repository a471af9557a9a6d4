import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { chainInMemory } from '../fakes/test-stretch.ts';
import { type Chain, meet } from './chain.ts';
import { stitchChains } from './stitch-chains.ts';

const MIB = 1_048_576;

/** Chains started at different offsets can't meet in its zeros. */
const content = Buffer.concat([randomBytes(3 * MIB + 7), Buffer.alloc(4 * MIB), randomBytes(MIB)]);
const whole = chainFrom(0, content.length);

function chainFrom(start: number, until: number): Chain {
  return chainInMemory(content, { size: content.length, start, until });
}

test('chains started anywhere stitch to the one chain of the content', async () => {
  const places = fc.uniqueArray(fc.integer({ min: 1, max: content.length - 1 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(places, fc.nat(3 * MIB), async (guesses, overlap) => {
      const starts = [0, ...guesses.toSorted((left, right) => left - right)];
      async function* chains() {
        for (const [index, start] of starts.entries()) {
          yield chainFrom(start, (starts[index + 1] ?? content.length) + overlap);
        }
      }
      const pieces = await stitchChains(chains(), async (start) => chainFrom(start, start + MIB));
      assert.deepEqual(
        pieces.flatMap((piece) => [...piece.ends]),
        [...whole.ends],
      );
      const digests = Buffer.concat(pieces.map((piece) => piece.digests));
      assert.equal(Buffer.compare(digests, whole.digests), 0);
    }),
    { numRuns: 25 },
  );
});

test('chains meet at the first cut they share', () => {
  const chain = (start: number, ...ends: number[]): Chain => ({
    start,
    ends: Float64Array.from(ends),
    digests: Uint8Array.from({ length: 32 * ends.length }, (_, at) => ends[at >> 5] ?? 0),
  });
  const first = chain(0, 2, 5, 8, 9);
  assert.deepEqual(meet(first, chain(4, 7, 8, 9, 12)), {
    before: chain(0, 2, 5, 8),
    after: chain(8, 9, 12),
  });
  assert.deepEqual(meet(first, chain(5, 8)), { before: chain(0, 2, 5), after: chain(5, 8) });
  assert.deepEqual(meet(first, chain(9)), { before: first, after: chain(9) });
  assert.equal(meet(first, chain(3, 6, 10)), null);
});
