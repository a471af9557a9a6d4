import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '../errors/index.ts';
import { MAX_OBJECT_SIZE, MAX_PARTS, MIN_PART_SIZE, partRange, planUpload } from './index.ts';

const MIB = 1_048_576;

test('8 MiB is one PUT, one byte more is two parts', () => {
  assert.deepEqual(planUpload({ size: 8 * MIB }), {
    size: 8 * MIB,
    partSize: 8 * MIB,
    partCount: 1,
    single: true,
  });
  const plan = planUpload({ size: 8 * MIB + 1 });
  assert.equal(plan.single, false);
  assert.deepEqual(
    [partRange(plan, 1), partRange(plan, 2)],
    [
      { offset: 0, size: 8 * MIB },
      { offset: 8 * MIB, size: 1 },
    ],
  );
});

test('nothing to send has no parts', () => {
  assert.deepEqual(planUpload({ size: 0 }), { size: 0, partSize: 0, partCount: 0, single: true });
});

test('parts grow only when their number demands it', () => {
  assert.equal(planUpload({ size: 50 * 1024 * MIB }).partSize, 8 * MIB);
  assert.equal(planUpload({ size: 80_000 * MIB }).partCount, MAX_PARTS);
  assert.equal(planUpload({ size: 80_000 * MIB + 1 }).partSize, 9 * MIB);
  assert.equal(planUpload({ size: 20 * MIB, partSize: 16 * MIB }).partCount, 2);
});

test('the parts of any plan cover the object, in the bounds of the store', () => {
  const sizes = fc.oneof(fc.nat(100 * MIB), fc.integer({ min: 1, max: MAX_OBJECT_SIZE }));
  fc.assert(
    fc.property(sizes, (size) => {
      const plan = planUpload({ size });
      assert.ok(plan.partCount <= MAX_PARTS && plan.single === size <= 8 * MIB);
      let end = 0;
      for (let part = 1; part <= plan.partCount; part++) {
        const range = partRange(plan, part);
        assert.equal(range.offset, end);
        assert.ok(
          range.size > 0 && (plan.single || part === plan.partCount || range.size >= MIN_PART_SIZE),
        );
        end += range.size;
      }
      assert.equal(end, size);
    }),
    { numRuns: 50 },
  );
});

test('sizes and parts that cannot be are refused', () => {
  for (const size of [-1, 1.5, Number.NaN, MAX_OBJECT_SIZE + 1]) {
    assert.throws(
      () => planUpload({ size }),
      (error) => isAppError(error, 'invalid-value') && error.details.field === 'size',
    );
  }
  for (const part of [0, 2, 1.5]) {
    assert.throws(() => partRange(planUpload({ size: 1 }), part), { code: 'invalid-value' });
  }
});
