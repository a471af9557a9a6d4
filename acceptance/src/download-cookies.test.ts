import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { Api, expectStatus, type Json } from './harness/api.ts';
import { fromCloudfront } from './harness/cloudfront.ts';
import { pseudoRandom } from './harness/content.ts';
import { putTogether } from './harness/put-together.ts';
import { freePorts, TestServer } from './harness/server.ts';

const CDN_URL = 'https://cdn.example.org';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const env = {
  VALISE_URL: 'https://files.example.org',
  CDN: 'cloudfront',
  CDN_URL,
  CDN_KEY_ID: 'K2JCJMDEHXQW5F',
  CDN_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  CDN_COOKIE_DOMAIN: 'example.org',
};

test('a browser is given cookies for what was uploaded together, as long as it may see all of it', async () => {
  // What speaks TLS for it to the world isn't there: API and store are asked directly.
  const [port] = await freePorts(1);
  await using server = await TestServer.start({
    env: {
      ...env,
      VALISE_OBJECTS_PORT: String(port),
      VALISE_OBJECTS_URL: `http://127.0.0.1:${port}`,
    },
  });
  const guest = new Api(server.url);
  const account = await guest.register();
  const api = guest.as(account);
  const fileIds = await putTogether(
    api,
    ['one', 'two', 'three'].map((name) => ({ name, content: pseudoRandom(name, 500) })),
  );
  const ask = (who: Api, cookies: unknown, ids = fileIds) =>
    who.post('/files/download-urls', { fileIds: ids, cookies });

  const answer = await ask(api, true);
  const { results } = expectStatus(answer, 200);
  assert.ok(results.every(({ needsCookies }: Json) => needsCookies === true));
  const [{ downloadUrl }] = results;
  assert.match(downloadUrl, /^https:\/\/cdn\.example\.org\/v1\/[0-9a-f]{3}\/[0-9a-f-]{36}\/\d{3}$/);
  const set = answer.headers.getSetCookie();
  const values = new Map(set.map((one) => [one.split('=')[0], one.split(/[=;]/)[1] ?? '']));
  const folder = new URL(downloadUrl).pathname.slice(0, -4);
  for (const one of set) {
    assert.ok(one.includes(`; Domain=example.org; Path=${folder}; Max-Age=300; Secure; HttpOnly`));
  }
  const policy = fromCloudfront(values.get('CloudFront-Policy') ?? '');
  const [statement] = JSON.parse(policy.toString()).Statement;
  assert.equal(statement.Resource, `${CDN_URL}${folder}/???`);
  const signature = fromCloudfront(values.get('CloudFront-Signature') ?? '');
  assert.ok(createVerify('RSA-SHA1').update(policy).verify(publicKey, signature));
  assert.equal(values.get('CloudFront-Key-Pair-Id'), env.CDN_KEY_ID);

  const links = await ask(api, false);
  assert.deepEqual(links.headers.getSetCookie(), []);
  assert.match(links.body.results[0].downloadUrl, /Signature=/);
  expectStatus(await ask(api, 'please'), 400);

  const bobs = await guest.register('Bob');
  const bob = guest.as(bobs);
  const share = (fileId: string) => api.post(`/files/${fileId}/share`, { users: [bobs.email] });
  for (const fileId of fileIds.slice(0, 2)) expectStatus(await share(fileId), 200);
  const some = await ask(bob, true, fileIds.slice(0, 2));
  assert.deepEqual(some.headers.getSetCookie(), [], 'the third is not for him');
  assert.match(some.body.results[0].downloadUrl, /Signature=/);
  expectStatus(await share(String(fileIds[2])), 200);
  assert.equal((await ask(bob, true)).headers.getSetCookie().length, 3);
  await api.call('DELETE', `/files/${fileIds[2]}`);
  const left = await ask(api, true, fileIds.slice(0, 2));
  assert.deepEqual(left.headers.getSetCookie(), [], 'the third lies in the trash');
});
