import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pruneReceived } from './prune-received.ts';

const folder = mkdtempSync(join(tmpdir(), 'valise-received-'));
after(() => rmSync(folder, { recursive: true }));
const DAY_MS = 86_400_000;
const PART = '.valise-0123456789abcdef.part';

test('whole files go at once, parts of some when nobody went on with them for a week', async () => {
  for (const name of ['0199-whole', PART]) {
    writeFileSync(join(folder, name), 'x');
    utimesSync(join(folder, name), 0, 0);
  }
  await pruneReceived(folder, Date.now() + DAY_MS);
  assert.deepEqual(readdirSync(folder), [PART]);
  await pruneReceived(folder, Date.now() + 8 * DAY_MS);
  assert.deepEqual(readdirSync(folder), []);
});
