import assert from 'node:assert/strict';
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type ContractStore, refuses } from './contract-store.ts';

/** URLs that carry a signature: good for exactly what was signed, and for so long. */
export function presignedContract(store: () => ContractStore): void {
  async function signPut(body: Uint8Array, more: object = {}) {
    const { client, bucket } = store();
    const at = { Bucket: bucket, Key: `url/${randomUUID()}` };
    const command = new PutObjectCommand({ ...at, ContentLength: body.length });
    const signableHeaders = new Set(['host', 'content-length']);
    const url = await getSignedUrl(client, command, { expiresIn: 60, signableHeaders, ...more });
    return { url, at };
  }
  async function put(url: string, body: Uint8Array, headers: Record<string, string> = {}) {
    const answer = await fetch(url, { method: 'PUT', headers, body: Buffer.from(body) });
    return { status: answer.status, text: await answer.text() };
  }

  test('a signed PUT takes that many bytes at that key, before it expires', async () => {
    const body = randomBytes(500);
    const { url, at } = await signPut(body);
    const bent: readonly [string, string, Uint8Array][] = [
      ['fewer bytes', url, body.subarray(1)],
      ['more bytes', url, Buffer.concat([body, body])],
      ['another key', url.replace('/url/', '/lru/'), body],
      ['a longer life', url.replace('Expires=60', 'Expires=600'), body],
      ['one more parameter', `${url}&acl=`, body],
      ['a forged signature', url.replace(/Signature=.{4}/, 'Signature=0000'), body],
    ];
    for (const [what, where, bytes] of bent) {
      const { status, text } = await put(where, bytes);
      assert.ok(status >= 400 && status < 500, `${what}: ${status}`);
      if (text !== '') assert.match(text, /<Error>.*<Code>\w+<\/Code>/s, what);
    }
    await refuses(store().client.send(new HeadObjectCommand(at)), 404);
    assert.equal((await put(url, body)).status, 200);
    const past = { signingDate: new Date(Date.now() - 120_000) };
    const late = await put((await signPut(body, past)).url, body);
    assert.equal(late.status, 403);
  });

  test('the signed hash of the content is held to', async () => {
    const body = randomBytes(500);
    const sha256 = hash('sha256', body);
    const { client, bucket } = store();
    const key = `url/${randomUUID()}`;
    const command = new PutObjectCommand({ Bucket: bucket, Key: key });
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['x-amz-content-sha256'] = sha256;
        return next(args);
      },
      { step: 'build' },
    );
    const unhoistableHeaders = new Set(['x-amz-content-sha256']);
    const options = { expiresIn: 60, unhoistableHeaders };
    const url = await getSignedUrl(client, command, options);
    const headers = { 'x-amz-content-sha256': sha256 };
    const { status } = await put(url, randomBytes(500), headers);
    assert.ok(status >= 400 && status < 500, `${status}`);
    await refuses(client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })), 404);
  });

  test('a signed GET serves ranges and the headers it was signed with', async () => {
    const body = randomBytes(500);
    const { url: target, at } = await signPut(body);
    await put(target, body);
    const command = new GetObjectCommand({
      ...at,
      ResponseContentDisposition: 'attachment; filename="x y.txt"',
      ResponseContentType: 'text/x-two',
      ResponseCacheControl: 'private, max-age=9',
    });
    const url = await getSignedUrl(store().client, command, { expiresIn: 60 });
    const whole = await fetch(url);
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(body));
    assert.equal(whole.headers.get('content-disposition'), 'attachment; filename="x y.txt"');
    assert.equal(whole.headers.get('content-type'), 'text/x-two');
    assert.equal(whole.headers.get('cache-control'), 'private, max-age=9');
    const some = await fetch(url, { headers: { range: 'bytes=5-9' } });
    assert.equal(some.status, 206);
    assert.ok(Buffer.from(await some.arrayBuffer()).equals(body.subarray(5, 10)));
    assert.equal((await fetch(url.replace('x-two', 'html'))).status, 403);
    assert.equal((await fetch(url.split('?')[0] ?? '')).status, 403, 'nothing without a signature');
  });
}
