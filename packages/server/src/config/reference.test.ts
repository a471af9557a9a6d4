import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { configurationReference } from './reference.ts';

test('docs/configuration.md says what the declarations say', async () => {
  const page = new URL('../../../../docs/configuration.md', import.meta.url);
  const hint = 'Run: node packages/server/src/config/write-reference.ts';
  assert.equal(await readFile(page, 'utf8'), configurationReference(), hint);
});
