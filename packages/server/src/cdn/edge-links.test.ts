import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EDGE_SECRET } from './test-edge.ts';
import { EDGE_TYPE, type EdgeRig, startEdgeRig } from './test-edge-rig.ts';
import { withoutNginx } from './test-nginx.ts';

const OLD_SECRET = 'what edges and servers shared before';

describe('links of the edge', { skip: withoutNginx }, () => {
  let rig: EdgeRig;
  before(async () => {
    rig = await startEdgeRig({ CDN_PREVIOUS_KEYS: `old:${OLD_SECRET}` });
  });
  after(() => rig.close());

  test('are refused when one character is another', async () => {
    const { target } = await rig.stored(100);
    assert.equal((await rig.raw(target)).status, 200);
    for (let at = 0; at < target.length; at += 1) {
      for (const other of ['0', 'f', '%', '/']) {
        if (target[at] === other) continue;
        const altered = target.slice(0, at) + other + target.slice(at + 1);
        const { status } = await rig.raw(altered);
        assert.ok(status >= 400 && status < 500, `${status} with ${other} at ${at} of ${target}`);
      }
    }
  });

  test('are refused in other spellings, and with parameters added, doubled or reordered', async () => {
    const { target } = await rig.stored(100);
    const [path = '', query = ''] = target.split('?');
    const [first = '', ...others] = query.split('&');
    for (const one of [
      `/.${target}`,
      `/${target}`,
      `/x/..${target}`,
      target.replace('/v1/', '/v1/./'),
      target.replace('/v1/', '/v1//'),
      target.replace('/v1/', '/%76%31/'),
      target.replace('/v1/', '/v1%2f'),
      `${path}/?${query}`,
      `${path}%00?${query}`,
      `${target}&s=${'0'.repeat(64)}`,
      `${path}?x=1&${query}`,
      `${path}?${first}&${first}&${others.join('&')}`,
      `${path}?${others[0]}&${first}&${others.slice(1).join('&')}`,
      `${target}#x`,
      `/_gzip${target}`,
      `/_slices${target}`,
      `/_empty?${query}`,
    ]) {
      const { status } = await rig.raw(one);
      assert.ok(status >= 400 && status < 500, `${status} for ${one}`);
    }
  });

  test('answer HEAD as GET, and nothing else', async () => {
    for (const size of [5_000_000, 20_000_000]) {
      const { url } = await rig.stored(size);
      const head = await fetch(url, { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get('content-length'), String(size));
      assert.equal(head.headers.get('content-type'), EDGE_TYPE);
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        assert.equal((await fetch(url, { method })).status, 405, method);
      }
    }
  });

  test('are for one address where they are bound', async () => {
    const { sign } = await rig.stored(100);
    const target = sign({ bindAddress: true }, '127.0.0.2').slice(rig.edge.cdn.url.length);
    const from = async (localAddress: string, headers = {}) =>
      (await rig.raw(target, { localAddress, headers })).status;
    assert.equal(await from('127.0.0.2'), 200);
    assert.equal(await from('127.0.0.1'), 403);
    assert.equal(await from('127.0.0.1', { 'x-forwarded-for': '127.0.0.2' }), 403);
  });

  test('are taken of the key before this one, and of no other', async () => {
    const { sign } = await rig.stored(100);
    assert.equal((await fetch(sign({ keyId: 'old', key: OLD_SECRET }))).status, 200);
    assert.equal((await fetch(sign({ keyId: 'old', key: EDGE_SECRET }))).status, 403);
    assert.equal((await fetch(sign({ keyId: 'constructor', key: 'undefined' }))).status, 403);
  });
});
