import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { deflateSync, gunzipSync } from 'node:zlib';
import type { ContentEncoding } from '@valise/core/wire';
import { fakeAmbient } from '../fakes/test-ambient.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { compressContent, entropyOfSample } from './compress-content.ts';

const source = readFileSync(import.meta.filename);

function rig(encodings: readonly ContentEncoding[] = ['gzip']) {
  let questions = 0;
  const uploads = {
    async contentEncodings() {
      questions++;
      return encodings;
    },
  };
  const deps = { ambient: fakeAmbient(), api: { uploads } } as unknown as TransferDeps;
  return {
    compress: (content: Uint8Array) => compressContent(deps, content, {}),
    asked: () => questions,
  };
}

test('text is compressed', async () => {
  const { compress } = rig();
  const compressed = await compress(source);
  assert.ok(compressed && compressed.bytes.length < source.length / 2);
  assert.ok(gunzipSync(compressed.bytes).equals(source));
});

test('what is compressed already is known by its looks, and costs no question', async () => {
  const { compress, asked } = rig();
  const packed = deflateSync(
    Buffer.concat(Array.from({ length: 9 }, (_, n) => Buffer.from(source.toString('base64') + n))),
  );
  for (const content of [
    packed,
    randomBytes(600),
    randomBytes(1_000_000),
    source.subarray(0, 500),
  ]) {
    assert.equal(await compress(content), null);
  }
  assert.equal(asked(), 0);
});

test('what hardly gets smaller is left as it is', async () => {
  const { compress, asked } = rig();
  // Nearly seven bits of chance in every byte.
  const content = randomBytes(20_000).map((byte) => (byte % 116) + 1);
  assert.equal(await compress(content), null);
  assert.equal(asked(), 1);
});

test('a server that has nothing decoded gets everything as it is', async () => {
  assert.equal(await rig([]).compress(source), null);
});

test('the sample reaches to the end', () => {
  const content = new Uint8Array(1_000_000);
  content.set(randomBytes(1024), content.length - 1024);
  assert.ok(entropyOfSample(content) > 1);
  assert.equal(entropyOfSample(new Uint8Array(10_000)), 0);
});
