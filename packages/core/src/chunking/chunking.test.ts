import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkWindow, createChunker, fingerprintOf, MAX_CHUNK, MIN_CHUNK } from './index.ts';
import { type ContentRecipe, contentOf, FLOODS } from './test-content.ts';
import { oracleCuts, oracleEnds } from './test-oracle.ts';

const MIB = 1_048_576;

interface GoldenVector {
  readonly title: string;
  readonly content: ContentRecipe;
  readonly ends?: Readonly<Record<'hit' | 'loose' | 'strict', readonly number[]>>;
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
    assert.deepEqual(windowCutsOf(content), vector.cuts);
  });
}

test('the golden vectors are what the specification says', () => {
  for (const { title, content, ends, cuts } of golden) {
    const bytes = contentOf(content);
    if (bytes.length > MIB) continue;
    assert.deepEqual(oracleCuts(bytes), cuts, title);
    if (ends === undefined) continue;
    for (const kind of ['hit', 'loose', 'strict'] as const) {
      const found = oracleEnds(bytes).filter((end) => end.kind === kind);
      assert.deepEqual(
        found.map(({ offset }) => offset),
        ends[kind],
        title,
      );
    }
  }
});

const large = contentOf({
  kind: 'join',
  parts: [
    { kind: 'random', seed: 11, size: 3 * MIB + 5 },
    { kind: 'repeat', hex: '00', size: 2 * MIB + 1 },
    { kind: 'repeat', hex: FLOODS.hit, size: MIB + 77 },
    { kind: 'words', seed: 12, size: 2 * MIB },
  ],
});
const largeCuts = cutsOf(large);

test('the cuts do not depend on how the content is pushed', () => {
  const size = fc.oneof(fc.nat(9), fc.nat(9000), fc.nat(700_000));
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 20 }), (sizes) => {
      const pieces = [...sizes, 123_456];
      assert.deepEqual(cutsOf(large, pieces), largeCuts);
      assert.deepEqual(windowCutsOf(large, pieces), largeCuts);
    }),
    { numRuns: 30 },
  );
});

test('chunkers that take turns do not disturb one another', () => {
  const contents = [large, large.subarray(1_234_567)];
  const chunkers = contents.map(() => createChunker());
  const cuts: number[][] = contents.map(() => []);
  for (let at = 0; at < large.length; at += 10_001) {
    for (const [index, content] of contents.entries()) {
      cuts[index]?.push(...(chunkers[index]?.push(content.subarray(at, at + 10_001)) ?? []));
    }
  }
  for (const [index, content] of contents.entries()) {
    cuts[index]?.push(...(chunkers[index]?.finish() ?? []));
    assert.deepEqual(cuts[index], cutsOf(content));
  }
});

test('started at any cut, a chunker continues as if it had been there from the start', () => {
  const window = new ChunkWindow(MIB);
  for (const [index, start] of largeCuts.entries()) {
    const chunker = createChunker(start);
    const rest = large.subarray(start);
    assert.deepEqual([...chunker.push(rest), ...chunker.finish()], largeCuts.slice(index + 1));
    window.restart(start);
    assert.deepEqual(fill(window, rest, [MIB]), largeCuts.slice(index + 1));
  }
});

test('a window refuses more than it has room for', () => {
  assert.throws(() => new ChunkWindow(1000).room(1001), RangeError);
});

test('every chunk but the last is between the minimum and the maximum', () => {
  const sizes = largeCuts.map((cut, index) => cut - (largeCuts[index - 1] ?? 0));
  assert.ok(sizes.slice(0, -1).every((size) => size >= MIN_CHUNK && size <= MAX_CHUNK));
  assert.equal(largeCuts.at(-1), large.length);
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

function windowCutsOf(content: Uint8Array, pieces: readonly number[] = [MIB]): number[] {
  return fill(new ChunkWindow(MIB), content, pieces);
}

/** Also checks that the window gives out the chunks' own bytes. */
function fill(window: ChunkWindow, content: Uint8Array, pieces: readonly number[]): number[] {
  const base = window.position;
  const cuts: number[] = [];
  const take = (chunks: ReturnType<ChunkWindow['finish']>) => {
    for (const { start, end, bytes } of chunks) {
      assert.equal(start, cuts.at(-1) ?? base);
      assert.equal(Buffer.compare(bytes, content.subarray(start - base, end - base)), 0);
      cuts.push(end);
    }
  };
  for (let at = 0, turn = 0; at < content.length; turn++) {
    const size = Math.min(pieces[turn % pieces.length] ?? 1, content.length - at);
    window.room(size).set(content.subarray(at, at + size));
    at += size;
    take(window.push(size));
  }
  take(window.finish());
  return cuts;
}

function fingerprintAt(content: Uint8Array, cuts: readonly number[]): string {
  const chunks = cuts.map((cut, index) => content.subarray(cuts[index - 1] ?? 0, cut));
  return fingerprintOf(Buffer.concat(chunks.map(sha256)), sha256);
}
