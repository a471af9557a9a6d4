import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { CandidateScanner } from './candidate-scanner.ts';
import {
  BLOCK,
  CONTEXT,
  createChunker,
  findCandidates,
  fingerprintOf,
  MAX_CHUNK,
  MIN_CHUNK,
  NORMAL_CHUNK,
  selectCuts,
} from './index.ts';
import { type ContentRecipe, contentOf } from './test-content.ts';
import { oracleCandidates, oracleCuts } from './test-oracle.ts';

const MIB = 1_048_576;
/** Repeated, it is ten stage-1 hits in 44 bytes, one of them strict: the most there can be. */
const FLOOD =
  'cff5e642fc60c76571b9c38e3758ce1b81048aa3f7168ab474d25ecaf2c2eea88d9e1b304b5d98fb08f785c2';

interface GoldenVector {
  readonly title: string;
  readonly content: ContentRecipe;
  readonly candidates?: { readonly loose: readonly number[]; readonly strict: readonly number[] };
  readonly cuts: readonly number[];
  readonly fingerprint: string;
}

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer');
const goldenFile = new URL('golden-vectors.json', import.meta.url);
const golden: readonly GoldenVector[] = JSON.parse(readFileSync(goldenFile, 'utf8'));

for (const vector of golden) {
  test(`golden vector: ${vector.title}`, () => {
    const content = contentOf(vector.content);
    const cuts = cutsOf(content);
    assert.deepEqual(cuts, vector.cuts);
    assert.equal(fingerprintAt(content, cuts), vector.fingerprint);
    const candidates = findCandidates(content, 0, new Uint8Array(0));
    assert.deepEqual(selectCuts(candidates, content.length), vector.cuts);
    if (vector.candidates === undefined) return;
    const [loose, strict] = [0, 1].map((kind) =>
      candidates.filter((candidate) => candidate % 2 === kind).map((it) => Math.floor(it / 2)),
    );
    assert.deepEqual({ loose, strict }, vector.candidates);
  });
}

test('the golden vectors are what the specification says', () => {
  const small = golden.map((vector) => ({ ...vector, bytes: contentOf(vector.content) }));
  for (const { title, bytes, cuts } of small.filter((vector) => vector.bytes.length <= MIB)) {
    assert.deepEqual(oracleCuts(bytes), cuts, title);
  }
});

/** Random content with floods and runs in it, at any places. */
const contents = fc
  .array(
    fc.record({
      kind: fc.constantFrom('random' as const, 'repeat' as const),
      seed: fc.integer({ min: 1, max: 0x7fffffff }),
      hex: fc.constantFrom(FLOOD, '00', FLOOD.slice(22)),
      size: fc.nat(12_000),
    }),
    { maxLength: 5 },
  )
  .map((parts) => contentOf({ kind: 'join', parts }));

test('candidates are what the specification says, however the content arrives', () => {
  const pieces = fc.array(fc.oneof(fc.nat(9), fc.nat(200), fc.nat(9000)), { minLength: 1 });
  fc.assert(
    fc.property(contents, pieces, fc.nat(3), (content, sizes, misalignment) => {
      const expected = oracleCandidates(content);
      const buffer = new Uint8Array(content.length + misalignment).subarray(misalignment);
      buffer.set(content);
      const found: number[] = [];
      const scanner = new CandidateScanner();
      for (let at = 0, turn = 0; at < buffer.length; turn++) {
        const size = (sizes[turn % sizes.length] ?? 0) + 1;
        scanner.push(buffer.subarray(at, at + size), found);
        at += size;
      }
      assert.deepEqual(
        found,
        expected.map(({ offset, strict }) => offset * 2 + (strict ? 1 : 0)),
      );
    }),
    { numRuns: 60 },
  );
});

test('segments scanned apart stitch to the same list', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 });
  fc.assert(
    fc.property(contents, lengths, (content, blocks) => {
      const stitched: number[] = [];
      for (let at = 0, turn = 0; at < content.length; turn++) {
        const end = at + (blocks[turn % blocks.length] ?? 1) * BLOCK;
        const context = content.slice(Math.max(at - CONTEXT, 0), at);
        stitched.push(...findCandidates(content.slice(at, end), at, context));
        at = end;
      }
      assert.deepEqual(stitched, findCandidates(content, 0, new Uint8Array(0)));
    }),
    { numRuns: 60 },
  );
});

test('a segment that starts inside a block is refused', () => {
  assert.throws(() => findCandidates(new Uint8Array(9), 1, new Uint8Array(CONTEXT)), RangeError);
  assert.throws(() => findCandidates(new Uint8Array(9), BLOCK, new Uint8Array(63)), RangeError);
});

const large = contentOf({
  kind: 'join',
  parts: [
    { kind: 'random', seed: 11, size: 3 * MIB + 5 },
    { kind: 'repeat', hex: '00', size: 2 * MIB + 1 },
    { kind: 'words', seed: 12, size: 2 * MIB },
  ],
});
const largeCuts = cutsOf(large);

test('the cuts do not depend on how the content is pushed', () => {
  const sizes = fc.array(fc.integer({ min: 500, max: 700_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(sizes, (pieces) => assert.deepEqual(cutsOf(large, pieces), largeCuts)),
    { numRuns: 30 },
  );
});

test('a chunker started at any cut continues as if it had been there from the start', () => {
  for (const [index, start] of largeCuts.entries()) {
    const chunker = createChunker(start);
    const cuts = [...chunker.push(large.subarray(start)), ...chunker.finish()];
    assert.deepEqual(cuts, largeCuts.slice(index + 1));
  }
});

test('every chunk but the last is between the minimum and the maximum', () => {
  const sizes = largeCuts.map((cut, index) => cut - (largeCuts[index - 1] ?? 0));
  assert.ok(sizes.slice(0, -1).every((size) => size >= MIN_CHUNK && size <= MAX_CHUNK));
  assert.equal(largeCuts.at(-1), large.length);
});

test('random chunks average near 256 KiB', () => {
  const cuts = cutsOf(contentOf({ kind: 'random', seed: 21, size: 24 * MIB }));
  const average = (24 * MIB) / cuts.length;
  assert.ok(average > 230_000 && average < 300_000, `${average}`);
});

test('an insertion changes the chunks around it and no other', () => {
  const before = contentOf({ kind: 'random', seed: 31, size: 8 * MIB });
  const after = contentOf({
    kind: 'join',
    parts: [
      { kind: 'random', seed: 31, size: 3 * MIB },
      { kind: 'repeat', hex: '2a', size: 1001 },
    ],
  });
  const edited = new Uint8Array(before.length + 1001);
  edited.set(after);
  edited.set(before.subarray(3 * MIB), after.length);
  const known = new Set(chunkHashes(before));
  const fresh = chunkHashes(edited).filter((one) => !known.has(one));
  assert.ok(fresh.length >= 1 && fresh.length <= 4, `${fresh.length} new chunks`);
});

const loose = (offset: number) => offset * 2;
const strict = (offset: number) => offset * 2 + 1;
const CASES: readonly (readonly [title: string, candidates: readonly number[], cuts: number[]])[] =
  [
    ['a strict one at the minimum', [strict(MIN_CHUNK)], [MIN_CHUNK]],
    ['none below the minimum', [strict(MIN_CHUNK - 1)], []],
    ['no loose one below normal', [loose(NORMAL_CHUNK - 1)], []],
    ['a loose one from normal on', [loose(NORMAL_CHUNK)], [NORMAL_CHUNK]],
    ['one at the maximum', [loose(MAX_CHUNK)], [MAX_CHUNK]],
    ['none behind the maximum', [strict(MAX_CHUNK + 1)], [MAX_CHUNK]],
    [
      'distances from the last cut only',
      [loose(NORMAL_CHUNK), strict(NORMAL_CHUNK + 1), strict(NORMAL_CHUNK + MIN_CHUNK)],
      [NORMAL_CHUNK, NORMAL_CHUNK + MIN_CHUNK],
    ],
  ];

for (const [title, candidates, cuts] of CASES) {
  test(`cuts take ${title}`, () => {
    const length = MAX_CHUNK + NORMAL_CHUNK / 2;
    const atMaximum = (cuts.at(-1) ?? 0) + MAX_CHUNK;
    const rest = atMaximum < length ? [atMaximum, length] : [length];
    assert.deepEqual(selectCuts(candidates, length), [...cuts, ...rest]);
  });
}

test('a cut at the very end leaves no empty chunk', () => {
  assert.deepEqual(selectCuts([strict(MIN_CHUNK)], MIN_CHUNK), [MIN_CHUNK]);
  assert.deepEqual(selectCuts([], MAX_CHUNK), [MAX_CHUNK]);
  assert.deepEqual(selectCuts([], 0), []);
});

function cutsOf(content: Uint8Array, pieces: readonly number[] = [content.length]): number[] {
  const chunker = createChunker();
  const cuts: number[] = [];
  for (let at = 0, turn = 0; at < content.length; turn++) {
    const size = pieces[turn % pieces.length] ?? content.length;
    cuts.push(...chunker.push(content.subarray(at, at + size)));
    at += size;
  }
  return [...cuts, ...chunker.finish()];
}

function chunksOf(content: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  return cuts.map((cut, index) => content.subarray(cuts[index - 1] ?? 0, cut));
}

function chunkHashes(content: Uint8Array): string[] {
  return chunksOf(content, cutsOf(content)).map((chunk) => hash('sha256', chunk));
}

function fingerprintAt(content: Uint8Array, cuts: readonly number[]): string {
  return fingerprintOf(Buffer.concat(chunksOf(content, cuts).map(sha256)), sha256);
}
