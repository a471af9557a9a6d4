import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildFindCut, MODULE_FILE } from './build-find-cut.ts';

test('the compiled module is what its source compiles to', async () => {
  const checkedIn = readFileSync(MODULE_FILE, 'utf8');
  assert.equal(checkedIn, await buildFindCut(), 'npm run build:wasm makes it anew');
});
