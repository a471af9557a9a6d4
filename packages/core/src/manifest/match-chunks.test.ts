import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContentRun } from '../plan/index.ts';
import type { ChunkRef } from '../wire/index.ts';
import { matchChunks, packChunks, sampleChunks } from './index.ts';

function chunk(n: number): ChunkRef {
  return [`sha256:${createHash('sha256').update(`chunk ${n}`).digest('hex')}`, 1 + (n % 7)];
}

/** Each byte of a content told by its chunk and place, so that equal bytes are equal texts. */
function bytesOf(numbers: readonly number[]): string[] {
  return numbers.flatMap((n) => Array.from({ length: 1 + (n % 7) }, (_, at) => `${n}.${at}`));
}

function pack(numbers: readonly number[]): Uint8Array {
  return packChunks(numbers.map(chunk));
}

const few = fc.array(fc.nat(9), { maxLength: 40 });

test('what is matched is the same bytes, and what any source has is matched', () => {
  fc.assert(
    fc.property(few, fc.array(few, { maxLength: 3 }), (content, sources) => {
      const runs = matchChunks(pack(content), sources.map(pack));
      const bytes = bytesOf(content);
      let at = 0;
      for (const { size, source } of runs) {
        const expected = bytes.slice(at, at + size);
        at += size;
        if (source !== null) {
          const found = bytesOf(sources[source.object] ?? []);
          assert.deepEqual(found.slice(source.from, source.from + size), expected);
        } else {
          const everywhere = new Set(sources.flat().map((n) => `${n}.0`));
          assert.ok(expected.every((byte) => !everywhere.has(byte)));
        }
      }
      assert.equal(at, bytes.length);
    }),
    { numRuns: 1_000 },
  );
});

function sourcesIn(runs: readonly ContentRun[]) {
  return runs.map(({ source }) => source?.object ?? null);
}

test('an edit leaves two runs of the base around it', () => {
  const base = Array.from({ length: 100 }, (_, n) => n);
  const runs = matchChunks(pack(base.toSpliced(40, 2, 1000, 1001, 1002)), [pack(base)]);
  assert.deepEqual(sourcesIn(runs), [0, null, 0]);
});

test('runs of one chunk do not tear a range apart', () => {
  const zeros = Array.from({ length: 30 }, () => 0);
  const other = [...zeros, 1, 2];
  const source = [9, ...zeros.slice(0, 10), 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];
  const content = [20, ...zeros.slice(0, 10), ...source.slice(11), 21];
  const runs = matchChunks(pack(content), [pack(other), pack(source)]);
  assert.deepEqual(sourcesIn(runs), [null, 1, null]);
});

test('equal content is sampled alike wherever it stands, one chunk in eight', () => {
  const list = Array.from({ length: 4_000 }, (_, n) => n);
  const samples = sampleChunks(pack(list));
  assert.ok(samples.length > 350 && samples.length < 650);
  const moved = new Set(sampleChunks(pack([5000, ...list.toReversed(), ...list])));
  assert.ok(samples.every((sample) => moved.has(sample)));
});
