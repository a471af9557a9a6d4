import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Api, assertSameBytes, download, expectStatus, putParts, upload } from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';
import { listStore } from './harness/store-listing.ts';

describe('conflicted copies', { timeout: 120_000 }, () => {
  test('cost no bytes: the store holds what was uploaded, each once', {
    skip: skipUnlessEmbedded,
  }, async () => {
    await using server = await TestServer.start();
    const guest = new Api(server.url);
    const account = await guest.register();
    const api = guest.as(account);
    // Of different sizes: the same request again would resume the same upload.
    const contents = [0, 1, 2, 3].map((n) => pseudoRandom(`conflict ${n}`, 200_000 + n));
    const [base, ...edits] = contents as [Uint8Array, ...Uint8Array[]];
    const file = await upload(api, { name: 'report.odt', content: base });
    const begun = [];
    for (const content of edits) {
      const request = { name: 'report.odt', size: content.byteLength, mimeType: 'a/b' };
      const edit = { ...request, baseVersion: file.version };
      const { upload: one } = expectStatus(await api.post('/files/presigned-url', edit), 201);
      await putParts(api, one, content);
      begun.push(one);
    }
    const before = await listStore(server.data);
    for (const { id } of begun) {
      expectStatus(await api.post(`/files/${file.id}/complete`, { uploadId: id }), 200);
    }
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    assert.equal(items.length, edits.length, 'the winner, and the edits that it did not know');
    const [winner] = items.filter(({ id }: { id: string }) => id === file.id);
    assertSameBytes(await download(api, winner.id), edits.at(-1) as Uint8Array);
    for (const { id, name } of items) {
      const content = Buffer.from(await download(api, id));
      assert.ok(
        edits.some((edit) => content.equals(edit)),
        name,
      );
    }
    const after = await listStore(server.data);
    assert.deepEqual(after.objects, before.objects);
    assert.deepEqual(after.uploads, before.uploads);
  });
});
