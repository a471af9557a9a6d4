import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ASSEMBLY_LIMITS,
  type AssemblyLimits,
  type ComposingAbility,
  type ContentRun,
  planAssembly,
} from './index.ts';
import { assemble, leastCost, originsOf } from './test-assembly.ts';

const MIB = 1_048_576;
const KIB = 1024;
const SOURCES = [{ size: 1e9 }, { size: 1e9 }, { size: 1e9 }];
const ABLE: ComposingAbility = { minimumSource: 1, equalPartsOnly: false };

/** So small that every division of a file can be tried. */
const TINY: AssemblyLimits = {
  minPart: 5,
  maxParts: 1000,
  uploadPart: 8,
  minCopy: 12,
  maxCopy: 40,
  maxChain: 3,
  stagingCost: 1,
  maxStagings: 1000,
};

function known(size: number, from = 0, object = 0): ContentRun {
  return { size, source: { object, from } };
}

function fresh(size: number): ContentRun {
  return { size, source: null };
}

function plan(runs: readonly ContentRun[], limits = ASSEMBLY_LIMITS, composing = ABLE) {
  return planAssembly({ runs, sources: SOURCES, composing, limits });
}

function assembled(runs: readonly ContentRun[], limits = ASSEMBLY_LIMITS, composing = ABLE) {
  const made = plan(runs, limits, composing);
  assert.ok(made.kind === 'assembled', JSON.stringify(made));
  return made;
}

const anyRun = fc.record({
  size: fc.integer({ min: 1, max: 14 }),
  source: fc.option(fc.record({ object: fc.nat(2), from: fc.nat(60) }), { freq: 2, nil: null }),
});
const anyRuns = fc.array(anyRun, { minLength: 1, maxLength: 9 });
const anyLimits = fc.record({
  minPart: fc.integer({ min: 2, max: 6 }),
  maxChain: fc.nat(4),
  stagingCost: fc.nat(3),
});

test('every byte comes once, in order, from the right place, and no rule of the store is broken', () => {
  fc.assert(
    fc.property(anyRuns, anyLimits, (runs, change) => {
      const limits = { ...TINY, ...change };
      const made = plan(runs, limits);
      const file = originsOf(runs);
      if (made.kind === 'whole') return;
      assert.deepEqual(assemble(made, file, limits), file);
      const uploads = [...made.parts, ...made.stagings.flat()].filter((p) => p.kind === 'upload');
      assert.equal(
        made.uploadBytes,
        uploads.reduce((sum, part) => sum + part.size, 0),
      );
      for (const { size } of uploads) assert.ok(size < limits.uploadPart + limits.minPart);
    }),
    { numRuns: 3_000 },
  );
});

test('no division whatever uploads less', () => {
  fc.assert(
    fc.property(anyRuns, anyLimits, (runs, change) => {
      const limits = { ...TINY, ...change };
      const made = plan(runs, limits);
      const file = originsOf(runs);
      const cost =
        made.kind === 'whole'
          ? file.length
          : made.uploadBytes + made.stagings.length * limits.stagingCost;
      assert.equal(cost, leastCost(runs, limits));
    }),
    { numRuns: 3_000 },
  );
});

test('an edit in the middle of a large file ships its changed chunks alone', () => {
  const before = 512 * MIB;
  const made = assembled([known(before), fresh(300 * KIB), known(511 * MIB, before + 200 * KIB)]);
  assert.equal(made.uploadBytes, 300 * KIB);
  assert.deepEqual(made.stagings, [
    [
      { kind: 'copy', object: 0, from: before - 5 * MIB, size: 5 * MIB },
      { kind: 'upload', offset: before, size: 300 * KIB },
    ],
  ]);
  const copies = made.parts.filter((part) => part.kind === 'copy');
  assert.ok(copies.every(({ size }) => size >= 63 * MIB && size <= 512 * MIB));
});

test('an edit at the very beginning ships a whole least part, one at the end its chunks alone', () => {
  assert.equal(assembled([fresh(300 * KIB), known(900 * MIB)]).uploadBytes, 5 * MIB);
  const end = assembled([known(900 * MIB), fresh(300 * KIB)]);
  assert.equal(end.uploadBytes, 300 * KIB);
  assert.deepEqual(end.stagings, []);
});

test('edits that lie close are chained, and given up for one upload where that is cheaper', () => {
  const close = (gap: number, edits: number) =>
    assembled([
      known(100 * MIB),
      ...Array.from({ length: edits }, (_, n) => [
        fresh(200 * KIB),
        known(gap, 100 * MIB + n * (gap + 7)),
      ]).flat(),
      known(100 * MIB, 500 * MIB),
    ]);
  const chained = close(2 * MIB, 3);
  assert.deepEqual([chained.uploadBytes, chained.stagings.length], [600 * KIB, 6]);
  const merged = close(300 * KIB, 3);
  assert.ok(merged.uploadBytes > merged.changedBytes && merged.stagings.length <= 2);
  const many = close(2 * MIB, 12);
  assert.ok(many.uploadBytes > many.changedBytes && many.uploadBytes < 12 * MIB);
});

test('a staging object that saves less than it costs is not made', () => {
  const made = assembled([known(100 * MIB), fresh(4.9 * MIB), known(100 * MIB, 100 * MIB)]);
  assert.deepEqual(made.stagings, []);
  assert.equal(made.uploadBytes, 5 * MIB);
});

test('a store that can not compose, or wants equal parts, gets the whole file', () => {
  const runs = [known(100 * MIB)];
  for (const composing of [null, { minimumSource: 1, equalPartsOnly: true }]) {
    assert.deepEqual(planAssembly({ runs, sources: SOURCES, composing }), {
      kind: 'whole',
      why: 'cannot-compose',
    });
  }
});

test('sources too small for the store are none, and no range means no splicing', () => {
  const runs = [known(6 * MIB), known(6 * MIB, 0, 1)];
  const sources = [{ size: 6 * MIB }, { size: 7 * MIB }];
  const only = (minimumSource: number) =>
    planAssembly({ runs, sources, composing: { minimumSource, equalPartsOnly: false } });
  assert.deepEqual(only(8 * MIB), { kind: 'whole', why: 'nothing-known' });
  const second = only(6.5 * MIB);
  assert.equal(second.kind === 'assembled' && second.uploadBytes, 6 * MIB);
  const spliced = [known(100 * MIB), fresh(KIB), known(100 * MIB, 101 * MIB)];
  const able = { minimumSource: 6 * MIB, equalPartsOnly: false };
  assert.equal(assembled(spliced, ASSEMBLY_LIMITS, able).uploadBytes, 5 * MIB);
});

test('what is new, or too scattered to copy, is uploaded whole', () => {
  assert.deepEqual(plan([fresh(100 * MIB)]), { kind: 'whole', why: 'nothing-known' });
  const scattered = Array.from({ length: 100 }, (_, n) => [known(KIB, n * MIB), fresh(MIB)]).flat();
  assert.deepEqual(plan(scattered), { kind: 'whole', why: 'too-scattered' });
});

test('two thousand scattered edits of a large file are spliced, each', () => {
  const edits = Array.from({ length: 2_000 }, (_, n) => [
    known(25 * MIB, n * 26 * MIB),
    fresh(200 * KIB),
  ]).flat();
  const made = assembled(edits);
  assert.equal(made.uploadBytes, made.changedBytes);
});

test('parts and staging objects stay within their numbers, however many the edits are', () => {
  const gap = 12 * MIB;
  const edits = Array.from({ length: 8_000 }, (_, n) => [
    known(gap, n * (gap + MIB)),
    fresh(100 * KIB),
  ]).flat();
  const made = assembled(edits);
  assert.ok(made.parts.length <= ASSEMBLY_LIMITS.maxParts);
  assert.ok(made.stagings.length <= ASSEMBLY_LIMITS.maxStagings);
});

test('a million runs are planned in bounded work', () => {
  const runs = Array.from({ length: 1_000_000 }, (_, n) =>
    n % 2 === 0 ? fresh(128 * KIB) : known(256 * KIB, n * MIB),
  );
  const made = assembled(runs);
  assert.ok(made.parts.length <= ASSEMBLY_LIMITS.maxParts);
});

test('terabytes are divided into no more parts than an object may have', () => {
  const huge = assembled([fresh(2 ** 40), known(2 ** 41, 0), fresh(100 * MIB)]);
  assert.ok(huge.parts.length <= ASSEMBLY_LIMITS.maxParts);
});
