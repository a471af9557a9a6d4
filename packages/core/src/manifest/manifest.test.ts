import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatChunkId } from '../chunking/index.ts';
import { isAppError } from '../errors/index.ts';
import type { ChunkRef } from '../wire/index.ts';
import {
  applyChunkEdits,
  chunksFrom,
  diffChunks,
  digestAt,
  fingerprintOfRecords,
  MAX_CHUNK_BYTES,
  MAX_CHUNKS,
  manifestSize,
  packChunks,
  RECORD_BYTES,
  RecordList,
  sizeAt,
  unpackChunks,
  validateChunkList,
} from './index.ts';

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer');

/** Chunk number `n`: the same number, the same id and size. */
function chunk(n: number): ChunkRef {
  return [formatChunkId(sha256(Uint8Array.of(n >> 8, n))), (n % 1000) + 1];
}

const lists = fc.array(fc.nat(40)).map((numbers) => numbers.map(chunk));

test('packing is 32 bytes of digest and a big-endian size', () => {
  const id = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const records = packChunks([[id, 0x010203]]);
  const hex = `${'0123456789abcdef'.repeat(4)}00010203`;
  assert.equal(Buffer.from(records).toString('hex'), hex);
  assert.equal(sizeAt(Uint8Array.from([...new Uint8Array(32), 255, 255, 255, 255]), 0), 0xffffffff);
});

test('what is packed unpacks', () => {
  fc.assert(fc.property(lists, (list) => assert.deepEqual(unpackChunks(packChunks(list)), list)));
});

test('records collected one by one are those of the whole list', () => {
  for (const count of [0, 1, 64, 65, 1000]) {
    const whole = packChunks(Array.from({ length: count }, (_, n) => chunk(n)));
    const list = new RecordList();
    for (let n = 0; n < count; n++) list.add(digestAt(whole, n), sizeAt(whole, n));
    assert.deepEqual(list.records(), whole);
  }
});

test('pages of chunks carry their offsets', () => {
  const list = [chunk(4), chunk(9), chunk(4), chunk(2)];
  assert.deepEqual(chunksFrom(packChunks(list), 1, 2), [
    { id: chunk(9)[0], offset: 5, size: 10 },
    { id: chunk(4)[0], offset: 15, size: 5 },
  ]);
  assert.deepEqual(chunksFrom(packChunks(list), 4, 2), []);
});

test('an honest list is accepted in either form, with or without its fingerprint', () => {
  fc.assert(
    fc.property(lists, (chunks) => {
      const records = packChunks(chunks);
      const size = manifestSize(records);
      const fingerprint = fingerprintOfRecords(records, sha256);
      const expected = { records, chunkCount: chunks.length, fingerprint };
      assert.deepEqual(validateChunkList({ chunks, size, fingerprint, sha256 }), expected);
      assert.deepEqual(validateChunkList({ records, size, fingerprint: null, sha256 }), expected);
    }),
  );
});

const honest = packChunks([chunk(1), chunk(2)]);
const [firstId] = chunk(1);
const LIES: Readonly<Record<string, () => unknown>> = {
  'sizes that do not add up': () => validateChunkList({ records: honest, size: 6, sha256 }),
  'a torn record': () => validateChunkList({ records: honest.subarray(1), size: 5, sha256 }),
  'another fingerprint': () =>
    validateChunkList({
      records: honest,
      size: 5,
      sha256,
      fingerprint: fingerprintOfRecords(honest.subarray(RECORD_BYTES), sha256),
    }),
  'another recipe': () =>
    validateChunkList({
      records: honest,
      size: 5,
      sha256,
      fingerprint: fingerprintOfRecords(honest, sha256).replace('v1', 'v2'),
    }),
  'one id with two sizes': () =>
    validateChunkList({ chunks: [chunk(1), chunk(2), [firstId, 3]], size: 8, sha256 }),
  'an empty chunk': () => validateChunkList({ chunks: [[firstId, 0]], size: 0, sha256 }),
  'an empty chunk record': () =>
    validateChunkList({ records: new Uint8Array(RECORD_BYTES), size: 0, sha256 }),
  'a chunk too long': () =>
    validateChunkList({
      chunks: [[firstId, MAX_CHUNK_BYTES + 1]],
      size: MAX_CHUNK_BYTES + 1,
      sha256,
    }),
  'a size that would wrap to 1': () =>
    validateChunkList({ chunks: [[firstId, 2 ** 32 + 1]], size: 1, sha256 }),
  'no chunks for some bytes': () => validateChunkList({ chunks: [], size: 1, sha256 }),
};

for (const [title, attempt] of Object.entries(LIES)) {
  test(`a chunk list is refused for ${title}`, () => {
    assert.throws(attempt, (error) => isAppError(error, 'chunks-mismatch'));
  });
}

test('a million chunks are checked, one more is refused', () => {
  const records = new Uint8Array(MAX_CHUNKS * RECORD_BYTES);
  const view = new DataView(records.buffer);
  // Digests that differ in four of their bytes only: bad luck for a weak table.
  for (let index = 0; index < MAX_CHUNKS; index++) {
    view.setUint32(index * RECORD_BYTES + 8, index);
    view.setUint32(index * RECORD_BYTES + 32, 7);
  }
  assert.equal(validateChunkList({ records, size: 7 * MAX_CHUNKS, sha256 }).chunkCount, MAX_CHUNKS);
  const longer = new Uint8Array(records.length + RECORD_BYTES);
  longer.set(records);
  assert.throws(() => validateChunkList({ records: longer, size: 7 * MAX_CHUNKS, sha256 }), {
    code: 'chunks-mismatch',
  });
});

test('applying the difference gives the other list', () => {
  fc.assert(
    fc.property(lists, lists, (before, after) => {
      const base = packChunks(before);
      const edited = applyChunkEdits(base, diffChunks(base, packChunks(after)));
      assert.deepEqual(unpackChunks(edited), after);
    }),
    { numRuns: 500 },
  );
});

test('a difference is as small as the change', () => {
  const list = Array.from({ length: 1000 }, (_, n) => chunk(n));
  const edited = list.with(500, chunk(2000)).toSpliced(900, 2).toSpliced(100, 0, chunk(3000));
  assert.deepEqual(diffChunks(packChunks(list), packChunks(edited)), [
    { at: 100, remove: 0, insert: [chunk(3000)] },
    { at: 500, remove: 1, insert: [chunk(2000)] },
    { at: 900, remove: 2, insert: [] },
  ]);
  assert.deepEqual(diffChunks(packChunks(list), packChunks(list)), []);
});

test('runs of one chunk do not hide what is around them', () => {
  const zeros = Array.from({ length: 50 }, () => chunk(0));
  const before = [chunk(1), ...zeros, chunk(2), ...zeros, chunk(3)];
  const after = [chunk(4), ...zeros, chunk(2), ...zeros, chunk(5)];
  const edits = diffChunks(packChunks(before), packChunks(after));
  assert.deepEqual(edits, [
    { at: 0, remove: 1, insert: [chunk(4)] },
    { at: 102, remove: 1, insert: [chunk(5)] },
  ]);
});

test('chunks whose digests begin alike are not taken for one another', () => {
  const alike = (last: number): ChunkRef => [`sha256:${'ab'.repeat(31)}0${last}`, 1];
  const [before, after] = [packChunks([alike(1), chunk(1)]), packChunks([chunk(1), alike(2)])];
  assert.deepEqual(applyChunkEdits(before, diffChunks(before, after)), after);
  const changed = diffChunks(packChunks([alike(1)]), packChunks([alike(2)]));
  assert.deepEqual(changed, [{ at: 0, remove: 1, insert: [alike(2)] }]);
});

test('edits outside the base or out of order are refused', () => {
  const base = packChunks([chunk(1), chunk(2), chunk(3)]);
  const bad = [
    [{ at: 3, remove: 1, insert: [] }],
    [{ at: 4, remove: 0, insert: [] }],
    [
      { at: 1, remove: 2, insert: [] },
      { at: 2, remove: 1, insert: [] },
    ],
  ];
  for (const edits of bad) {
    assert.throws(() => applyChunkEdits(base, edits), { code: 'chunks-mismatch' });
  }
  const nothing: number[] = [];
  assert.deepEqual(
    unpackChunks(applyChunkEdits(base, [{ at: 0, remove: 3, insert: [] }])),
    nothing,
  );
});
