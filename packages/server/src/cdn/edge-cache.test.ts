import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type EdgeRig, startEdgeRig } from './test-edge-rig.ts';
import { withoutNginx } from './test-nginx.ts';

/** Three slices, the last one not full. */
const SIZE = 20_000_000;
const SLICES = 3;
/** nginx keeps idle connections for five seconds: a reader that waits for that has waited in vain. */
const SOON_MS = 4_000;

describe('the edge and its origin', { skip: withoutNginx }, () => {
  let rig: EdgeRig;
  before(async () => {
    rig = await startEdgeRig();
  });
  after(() => rig.close());

  const read = async (url: string, headers: Record<string, string> = {}) =>
    Buffer.from(await (await fetch(url, { headers })).arrayBuffer());

  test('asks once however many read, and serves on without it', async () => {
    const { origin } = rig;
    const { url, sign, body } = await rig.stored(SIZE);
    origin.requests = 0;
    const answers = await Promise.all(Array.from({ length: 8 }, () => read(sign())));
    for (const answer of answers) assert.ok(answer.equals(body));
    assert.equal(origin.requests, SLICES, 'one for each slice');
    origin.fault = { kind: 'answers', status: 503 };
    const got = await read(url, { range: `bytes=4000000-${SIZE - 1}` });
    origin.fault = null;
    assert.ok(got.equals(body.subarray(4_000_000)));
    assert.equal(origin.requests, SLICES);
  });

  for (const fault of [
    { kind: 'dies', after: 100_000 },
    { kind: 'dies later', answers: 1, after: 100_000 },
    { kind: 'dies later', answers: 2, after: 100_000 },
    { kind: 'promises', more: 1000 },
    { kind: 'shifts' },
    { kind: 'answers', status: 500 },
    { kind: 'answers', status: 404 },
  ] as const) {
    test(`keeps and serves nothing of one that ${Object.values(fault).join(' ')}`, async () => {
      const { origin } = rig;
      const { url, body } = await rig.stored(SIZE);
      origin.fault = fault;
      const began = performance.now();
      const whole = await fetch(url)
        .then(async (answer) => answer.ok && Buffer.from(await answer.arrayBuffer()))
        .catch(() => false as const);
      const took = performance.now() - began;
      origin.fault = null;
      assert.equal(whole, false, 'no such answer may look like the whole file');
      assert.ok(took < SOON_MS, `its reader waited ${took} ms`);
      assert.ok((await read(url)).equals(body));
    });
  }
});
