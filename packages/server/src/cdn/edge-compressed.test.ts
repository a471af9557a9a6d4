import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type EdgeRig, startEdgeRig } from './test-edge-rig.ts';
import { withoutNginx } from './test-nginx.ts';

describe('the edge, of what is stored compressed,', { skip: withoutNginx }, () => {
  let rig: EdgeRig;
  before(async () => {
    rig = await startEdgeRig();
  });
  after(() => rig.close());

  const text = Buffer.from('a line like many others\n'.repeat(40_000));
  const compressed = () =>
    rig.stored(gzipSync(text, { level: 0 }), { contentEncoding: 'gzip', size: text.length });
  const plain = (url: string, headers: Record<string, string> = {}) =>
    fetch(url, { headers: { 'accept-encoding': 'identity', ...headers } });

  test('gives each reader what it can read, from one request to the origin', async () => {
    const { url, target, body } = await compressed();
    rig.origin.requests = 0;
    const decoded = await plain(url);
    assert.equal(decoded.headers.get('content-encoding'), null);
    assert.ok(Buffer.from(await decoded.arrayBuffer()).equals(text));
    const asStored = await rig.raw(target, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(asStored.headers['content-encoding'], 'gzip');
    assert.ok(asStored.body.equals(body));
    const ranged = await plain(url, { range: 'bytes=5-9' });
    assert.equal(ranged.status, 200, 'no range of it is to be had');
    assert.ok(Buffer.from(await ranged.arrayBuffer()).equals(text));
    assert.equal(rig.origin.requests, 1);
  });

  test('refuses a link that says otherwise than it was signed', async () => {
    const { url } = await compressed();
    for (const one of [url.replace('&g=1', ''), url.replace('&g=1', '&g=1&g=1')]) {
      assert.notEqual(one, url);
      assert.equal((await fetch(one)).status, 403);
    }
    const { url: other } = await rig.stored(100);
    assert.equal((await fetch(other.replace('&e=', '&g=1&e='))).status, 403);
  });

  for (const fault of [
    { kind: 'dies', after: 100_000 },
    { kind: 'promises', more: 1000 },
    { kind: 'answers', status: 500 },
  ] as const) {
    test(`keeps and serves nothing of an origin that ${Object.values(fault).join(' ')}`, async () => {
      const { url } = await compressed();
      rig.origin.fault = fault;
      const whole = await plain(url)
        .then(async (answer) => answer.ok && Buffer.from(await answer.arrayBuffer()))
        .catch(() => false as const);
      rig.origin.fault = null;
      assert.equal(whole, false, 'no such answer may look like the whole file');
      assert.ok(Buffer.from(await (await plain(url)).arrayBuffer()).equals(text));
    });
  }
});
