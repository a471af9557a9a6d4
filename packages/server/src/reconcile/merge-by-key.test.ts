import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Keyed, mergeByKey } from './merge-by-key.ts';

async function* listOf(keys: Iterable<string>): AsyncGenerator<Keyed> {
  for (const key of keys) yield { key };
}

test('every key of either list comes once, in order, with what is there', async () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3, unit: 'binary-ascii' }));
  await fc.assert(
    fc.asyncProperty(keys, keys, async (lefts, rights) => {
      const seen: string[] = [];
      for await (const { key, left, right } of mergeByKey(
        listOf(lefts.sort()),
        listOf(rights.sort()),
      )) {
        seen.push(key);
        assert.equal(left?.key, lefts.includes(key) ? key : undefined);
        assert.equal(right?.key, rights.includes(key) ? key : undefined);
      }
      assert.deepEqual(seen, [...new Set([...lefts, ...rights])].sort());
    }),
  );
});

test('a list that does not ascend is no list to conclude from', async () => {
  for (const keys of [
    ['b', 'a'],
    ['a', 'a'],
  ]) {
    for (const lists of [
      [keys, []],
      [['a', 'b'], keys],
    ] as const) {
      const merged = mergeByKey(listOf(lists[0]), listOf(lists[1]));
      await assert.rejects(async () => {
        for await (const _pair of merged);
      }, /out of order/);
    }
  }
});
