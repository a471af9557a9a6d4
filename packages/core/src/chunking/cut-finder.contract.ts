import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CutFinder } from './cut-finder.ts';
import { BLOCK } from './parameters.ts';
import { contentOf, FLOODS } from './test-content.ts';
import { type OracleEnd, oracleEnds } from './test-oracle.ts';

const NEVER = 2 ** 30;

/** Random content with floods and runs in it, at any places. */
const contents = fc
  .array(
    fc.record({
      kind: fc.constantFrom('random' as const, 'repeat' as const),
      seed: fc.integer({ min: 1, max: 0x7fffffff }),
      hex: fc.constantFrom(FLOODS.hit, FLOODS.loose, FLOODS.strict, '00'),
      size: fc.nat(12_000),
    }),
    { maxLength: 5 },
  )
  .map((parts) => contentOf({ kind: 'join', parts }));

/** What every `CutFinder` does. */
export function cutFinderContract(name: string, create: (size: number) => CutFinder): void {
  const finder = create(128 * 1024);

  /** The content lies behind one block of zeros. */
  function lay(content: Uint8Array): void {
    finder.bytes.fill(0xa5).fill(0, 0, BLOCK).set(content, BLOCK);
  }

  describe(name, () => {
    for (const kind of ['strict', 'loose', 'hit'] as const) {
      test(`finds every end where ${kind}s count, one after the other`, () => {
        fc.assert(
          fc.property(contents, (content) => {
            lay(content);
            const expected = oracleEnds(content).filter((end) => suffices(end, kind));
            assert.deepEqual(
              listEnds(finder, content.length, kind),
              expected.map(({ offset }) => offset),
            );
          }),
          { numRuns: 40 },
        );
      });
    }

    test('each kind counts from its own place on, and nothing behind the end', () => {
      const places = fc.tuple(fc.nat(40_000), fc.nat(40_000), fc.nat(40_000), fc.nat(40_000));
      fc.assert(
        fc.property(contents, places, (content, [strict, loose, any, to]) => {
          lay(content);
          const last = Math.min(to, content.length);
          const counts = ({ offset, kind }: OracleEnd) =>
            offset >= any ||
            (offset >= strict && kind === 'strict') ||
            (offset >= strict && offset >= loose && kind !== 'hit');
          const expected = oracleEnds(content.subarray(0, last)).find(
            (end) => end.offset >= strict && counts(end),
          );
          const found = finder.find({
            from: BLOCK,
            to: BLOCK + last,
            strictFrom: BLOCK + strict,
            looseFrom: BLOCK + loose,
            anyFrom: BLOCK + any,
          });
          assert.equal(found, expected === undefined ? 0 : expected.offset + BLOCK);
        }),
        { numRuns: 40 },
      );
    });
  });
}

function suffices(end: OracleEnd, kind: OracleEnd['kind']): boolean {
  return kind === 'hit' || end.kind === kind || end.kind === 'strict';
}

/** Every search begins at the block in which the last one ended. */
function listEnds(finder: CutFinder, length: number, kind: OracleEnd['kind']): number[] {
  const ends: number[] = [];
  for (let earliest = 1; ; ) {
    const found = finder.find({
      from: BLOCK + earliest - 1 - ((earliest - 1) % BLOCK),
      to: BLOCK + length,
      strictFrom: BLOCK + earliest,
      looseFrom: kind === 'strict' ? NEVER : BLOCK + earliest,
      anyFrom: kind === 'hit' ? BLOCK + earliest : NEVER,
    });
    if (found === 0) return ends;
    ends.push(found - BLOCK);
    earliest = found - BLOCK + 1;
  }
}
