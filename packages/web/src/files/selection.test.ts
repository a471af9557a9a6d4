import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { choose, chooseAll, keepThose, NOTHING, type Selection, step } from './selection.ts';

const ORDER = ['a', 'b', 'c', 'd', 'e'];
const chosen = (selection: Selection) => [...selection.chosen].sort().join('');

test('a click chooses one, with Ctrl one more or less, with Shift a range', () => {
  let selection = choose(NOTHING, ORDER, { id: 'b' });
  assert.equal(chosen(selection), 'b');
  selection = choose(selection, ORDER, { id: 'd', range: true });
  assert.equal(chosen(selection), 'bcd');
  selection = choose(selection, ORDER, { id: 'a', range: true });
  assert.equal(chosen(selection), 'ab');
  selection = choose(selection, ORDER, { id: 'e', toggle: true });
  assert.equal(chosen(selection), 'abe');
  selection = choose(selection, ORDER, { id: 'a', toggle: true });
  assert.equal(chosen(selection), 'be');
});

test('arrows enter the list from either end and stop at its ends', () => {
  assert.equal(step(NOTHING, ORDER, { by: 1 }).active, 'a');
  assert.equal(step(NOTHING, ORDER, { by: -1 }).active, 'e');
  const last = step(choose(NOTHING, ORDER, { id: 'd' }), ORDER, { by: 10 });
  assert.equal(last.active, 'e');
  assert.equal(step(last, ORDER, { by: 1 }).active, 'e');
  assert.equal(chosen(step(last, ORDER, { by: -2, range: true })), 'cde');
});

test('what left the list leaves the selection', () => {
  const all = chooseAll(NOTHING, ORDER);
  const kept = keepThose(all, (id) => id !== 'a');
  assert.equal(chosen(kept), 'bcde');
  assert.equal(kept.active, null);
  assert.equal(
    keepThose(kept, () => true),
    kept,
  );
});

test('whatever is done, only what is listed is chosen', () => {
  const id = fc.constantFrom(...ORDER);
  const act = fc.oneof(
    fc.record({ id, toggle: fc.boolean(), range: fc.boolean() }),
    fc.record({ by: fc.integer({ min: -7, max: 7 }), range: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(act), fc.subarray(ORDER), (acts, order) => {
      let selection = NOTHING;
      for (const one of acts) {
        if ('by' in one) selection = step(selection, order, one);
        else if (order.includes(one.id)) selection = choose(selection, order, one);
      }
      assert.ok([...selection.chosen].every((entry) => order.includes(entry)));
      assert.ok(selection.active === null || order.includes(selection.active));
    }),
  );
});
