import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStatementNames } from './statement-names.ts';

test('what comes often has one name of its own', () => {
  const nameOf = createStatementNames();
  const ask = (text: string) => [1, 2, 3, 4].map(() => nameOf(text));
  const [first, second, third, fourth] = ask('SELECT 1');
  assert.deepEqual([first, second], [undefined, undefined]);
  assert.match(third ?? '', /^[0-9a-f]{32}$/);
  assert.equal(fourth, third);
  assert.notEqual(ask('SELECT 2')[3], third);
});

test('texts without end take no memory without end: only the first get names', () => {
  const nameOf = createStatementNames();
  const named = new Set<string>();
  for (let n = 0; n < 5_000; n++) {
    for (let times = 0; times < 4; times++) {
      const name = nameOf(`SELECT ${n}`);
      if (name !== undefined) named.add(name);
    }
  }
  assert.equal(named.size, 300);
});
