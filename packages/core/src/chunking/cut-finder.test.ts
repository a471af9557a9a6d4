import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCutFinder } from './create-cut-finder.ts';
import { cutFinderContract } from './cut-finder.contract.ts';
import { SLACK } from './cut-finder.ts';
import { scalarCutFinder } from './scalar-cut-finder.ts';
import { wasmCutFinder } from './wasm-cut-finder.ts';

cutFinderContract('the search in plain JavaScript', (size) => scalarCutFinder(size + SLACK));

cutFinderContract('the search in vector instructions', (size) => {
  const finder = wasmCutFinder(size + SLACK);
  assert.ok(finder !== null, 'every supported Node has them');
  return finder;
});

test('the platform has vector instructions, so they are used', () => {
  const memory = createCutFinder(1000).bytes;
  assert.equal(memory.length, 65_536, 'whole pages');
});
