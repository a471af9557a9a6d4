import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import {
  fingerprintOf,
  formatChunkId,
  formatFingerprint,
  parseChunkId,
  parseFingerprint,
} from './index.ts';

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test("the empty file's fingerprint is over nothing", () => {
  assert.equal(fingerprintOf(new Uint8Array(0), sha256), `v1:${EMPTY}`);
});

test('fingerprints and chunk ids survive parsing', () => {
  const parts = parseFingerprint(`v2:${EMPTY}`);
  assert.equal(parts.recipe, 'v2');
  assert.equal(formatFingerprint(parts), `v2:${EMPTY}`);
  assert.equal(formatChunkId(parseChunkId(`sha256:${EMPTY}`)), `sha256:${EMPTY}`);
});

test('anything else is refused', () => {
  const bad = ['', 'v1', EMPTY, `:${EMPTY}`, `V1:${EMPTY}`, `v1:${EMPTY}0`, `v1:${EMPTY.slice(1)}`];
  for (const text of [...bad, `v1:${EMPTY.toUpperCase()}`, `v1:${EMPTY.slice(1)}g`]) {
    assert.throws(() => parseFingerprint(text), { code: 'invalid-value' }, text);
  }
  for (const text of ['', EMPTY, `sha1:${EMPTY}`, `sha256:${EMPTY.slice(2)}`, `sha256:${EMPTY} `]) {
    assert.throws(() => parseChunkId(text), { code: 'invalid-value' }, text);
  }
});
