import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createEdgePurger } from './edge-purger.ts';
import { EDGE_SECRET } from './test-edge.ts';
import { type EdgeRig, startEdgeRig } from './test-edge-rig.ts';
import { withoutNginx } from './test-nginx.ts';

const now = () => new Date();

describe('an edge that is told what is gone for good', { skip: withoutNginx }, () => {
  let rig: EdgeRig;
  before(async () => {
    rig = await startEdgeRig();
  });
  after(() => rig.close());

  test('forgets it, when told by who holds the key', async () => {
    const { edge, origin } = rig;
    const { url, key, body } = await rig.stored(20_000_000);
    await (await fetch(url)).arrayBuffer();
    origin.requests = 0;
    await (await fetch(url)).arrayBuffer();
    assert.equal(origin.requests, 0);
    const objects = [{ key, size: body.length }];
    const forged = createEdgePurger(
      { ...edge.cdn, key: 'a secret that no edge has ever seen!' },
      now,
    );
    await assert.rejects(forged.purge(objects), /403/);
    const late = createEdgePurger(edge.cdn, () => new Date(Date.now() - 3_600_000));
    await assert.rejects(late.purge(objects), /410/);
    await createEdgePurger(edge.cdn, now).purge(objects);
    await (await fetch(url)).arrayBuffer();
    assert.equal(origin.requests, 3, 'every slice was forgotten');
  });

  test('refuses an order that makes no sense', async () => {
    const body = '{"expires":9999999999,"objects":"all"}';
    const proof = createHmac('sha256', EDGE_SECRET).update(body).digest('hex');
    const answer = await fetch(`${rig.edge.cdn.url}/_purge`, {
      method: 'POST',
      body,
      headers: { authorization: `HMAC main ${proof}` },
    });
    assert.equal(answer.status, 400);
  });
});
