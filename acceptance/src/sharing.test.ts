import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Account,
  Api,
  assertSameBytes,
  download,
  expectStatus,
  type Json,
  putParts,
  upload,
} from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';

/** What `largeFolder` makes. */
const LARGE = 1 + 50 * 50;

interface Person {
  readonly account: Account;
  readonly api: Api;
  /** The same login at the other server. */
  readonly there: Api;
}

/** Two servers on one database and store: what one answers, the other must know at once. */
describe('sharing, on two servers', { timeout: 240_000 }, () => {
  let one: TestServer;
  let two: TestServer;
  let ann: Person;
  let bob: Person;
  before(async () => {
    one = await TestServer.start();
    const { VALISE_OBJECTS_PORT = '' } = one.env;
    two = await TestServer.start({ data: one.data, env: { VALISE_OBJECTS_PORT } });
    [ann, bob] = [await person('Ann'), await person('Bob')];
  });
  after(async () => {
    await two?.stop();
    await one?.[Symbol.asyncDispose]();
  });

  async function person(name: string): Promise<Person> {
    const account = await new Api(one.url).register(name);
    return { account, api: new Api(one.url).as(account), there: new Api(two.url).as(account) };
  }

  /** Another device of theirs, at the other server. */
  async function device({ account: { email, password } }: Person): Promise<Api> {
    const login = { email, password, device: 'second' };
    return new Api(two.url).as(
      expectStatus(await new Api(two.url).post('/auth/login', login), 200),
    );
  }

  async function folder(name: string, parentId: string | null = null, by = ann): Promise<string> {
    return expectStatus(await by.api.post('/folders', { name, parentId }), 201).file.id;
  }

  async function share(id: string, role: string, whom = bob): Promise<void> {
    const users = [whom.account.email.toUpperCase()];
    expectStatus(await ann.api.post(`/files/${id}/share`, { users, role }), 200);
  }

  async function revoke(id: string, whom = bob): Promise<void> {
    const path = `/files/${id}/shares/${whom.account.user.id}`;
    expectStatus(await ann.api.call('DELETE', path), 204);
  }

  /** More than one transaction writes rows for. */
  async function largeFolder(name: string): Promise<{ top: string; folders: string[] }> {
    const top = await folder(name);
    const first = await folder('copied', top);
    for (let n = 0; n < 49; n++) {
      const link = { name: `link ${n}`, parentId: first, target: 'x' };
      expectStatus(await ann.api.post('/symlinks', link), 201);
    }
    const folders = [first];
    for (let n = 1; n < 50; n++) {
      const copy = { name: `copy ${n}`, parentId: top };
      const made = expectStatus(await ann.api.post(`/files/${first}/copy`, copy), 201);
      folders.push(made.file.id);
    }
    return { top, folders };
  }

  async function changes(api: Api, since?: string): Promise<{ changes: Json[]; cursor: string }> {
    const all: Json[] = [];
    let cursor = since;
    for (;;) {
      const query = cursor === undefined ? '' : `?since=${encodeURIComponent(cursor)}`;
      const page = expectStatus(await api.get(`/files/changes${query}`), 200);
      all.push(...page.changes);
      cursor = page.cursor as string;
      if (!page.hasMore) return { changes: all, cursor };
    }
  }

  test('a guest reads what is shared; an editor’s file belongs to the owner of the tree', async () => {
    const top = await folder('trip');
    const content = pseudoRandom('trip', 3000);
    const file = await upload(ann.api, { name: 'a.jpg', content, parentId: top });
    await share(top, 'editor');
    assertSameBytes(await download(bob.there, file.id), content);
    const made = await upload(bob.there, { name: 'b.jpg', content, parentId: top });
    assert.deepEqual(
      [made.ownerId, made.createdBy, made.role],
      [ann.account.user.id, bob.account.user.id, 'editor'],
    );
    const seen = expectStatus(await ann.there.get(`/files/${made.id}`), 200).file;
    assert.deepEqual([seen.role, seen.parentId], ['owner', top]);
    const [item] = expectStatus(await bob.there.get('/files/shared-with-me'), 200).items;
    assert.deepEqual(
      [item.id, item.sharedBy.name, item.sharedRoot, item.role],
      [top, 'Ann', true, 'editor'],
    );
  });

  test('from the answer on a revoked person has no access, by any way', async () => {
    const top = await folder('secret');
    const content = pseudoRandom('secret', 4000);
    const file = await upload(ann.api, { name: 'plan-xyz', content, parentId: top });
    await share(top, 'editor');
    const trashed = await folder('binned by bob', top);
    expectStatus(await bob.api.call('DELETE', `/files/${trashed}`), 204);
    const { cursor } = await changes(bob.api);
    const begin = async (name: string, more: object = {}) =>
      await bob.api.post('/files/presigned-url', {
        name,
        size: 500,
        mimeType: 'a/b',
        parentId: top,
        ...more,
      });
    const fresh = expectStatus(await begin('new'), 201);
    const onto = expectStatus(await begin('plan-xyz'), 201);
    for (const { upload } of [fresh, onto]) {
      await putParts(bob.api, upload, pseudoRandom('body', 500));
    }
    await revoke(top);

    for (const api of [bob.api, bob.there]) {
      expectStatus(await api.get(`/files/${file.id}`), 404, 'file-not-found');
      expectStatus(await api.get(`/files/${file.id}/chunks`), 404, 'file-not-found');
      expectStatus(await api.get(`/folders/${top}/children`), 404, 'file-not-found');
      expectStatus(await api.get(`/files/${top}/shares`), 404, 'file-not-found');
      const copy = { parentId: null, name: 'mine' };
      expectStatus(await api.post(`/files/${file.id}/copy`, copy), 404, 'file-not-found');
      expectStatus(await api.call('PATCH', `/files/${file.id}`, { name: 'x' }), 404);
      expectStatus(await api.call('DELETE', `/files/${file.id}`), 404, 'file-not-found');
      const urls = await api.post('/files/download-urls', { fileIds: [file.id] });
      assert.equal(expectStatus(urls, 200).results[0].error.code, 'file-not-found');
      assert.deepEqual(expectStatus(await api.get('/files/search?q=plan-xyz'), 200).items, []);
      const shared = expectStatus(await api.get('/files/shared-with-me'), 200).items;
      assert.ok(shared.every((item: Json) => item.id !== top));
      const listed = (await changes(api)).changes;
      assert.ok(listed.every((change) => ![top, file.id].includes(change.file?.id)));
      const bin = expectStatus(await api.get('/files/trash'), 200).items;
      assert.ok(bin.every((item: Json) => item.id !== trashed));
      expectStatus(await api.post(`/files/${trashed}/restore`), 404, 'file-not-found');
    }
    expectStatus(await begin('another'), 404, 'file-not-found');
    for (const { file: mine, upload } of [fresh, onto]) {
      const answer = await bob.there.post(`/files/${mine.id}/complete`, { uploadId: upload.id });
      expectStatus(answer, 403, 'forbidden');
    }
    const told = (await changes(bob.there, cursor)).changes;
    for (const id of [top, file.id]) {
      const last = told.findLast((change) => (change.fileId ?? change.file.id) === id);
      assert.deepEqual(last, { type: 'remove', fileId: id, reason: 'unshared' });
    }
    const [now] = expectStatus(await ann.api.get(`/folders/${top}/children`), 200).items;
    assert.deepEqual([now.name, now.version], ['plan-xyz', 1], 'nothing of it was changed');
  });

  test('a viewer writes nothing, by any way, nor does an editor who became one', async () => {
    const top = await folder('look only');
    const inner = await folder('inner', top);
    const file = await upload(ann.api, { name: 'kept', content: bytes('kept'), parentId: top });
    await share(top, 'editor');
    const request = { size: 6, mimeType: 'a/b', parentId: top };
    const begin = (name: string, more: object = {}) =>
      bob.api.post('/files/presigned-url', { ...request, name, ...more });
    const begun = [];
    for (const name of ['new', 'kept']) {
      const { file: target, upload } = expectStatus(await begin(name), 201);
      await putParts(bob.api, upload, bytes('edited'));
      begun.push({ target, upload });
    }
    await share(top, 'viewer');
    for (const { target, upload } of begun) {
      const complete = { uploadId: upload.id };
      const answer = await bob.there.post(`/files/${target.id}/complete`, complete);
      expectStatus(answer, 403, 'forbidden');
    }
    const own = await folder('of bob', null, bob);
    const refused: [string, string, object?][] = [
      ['POST', '/folders', { name: 'x', parentId: top }],
      ['POST', '/symlinks', { name: 'x', parentId: top, target: 'y' }],
      ['POST', '/files/presigned-url', { ...request, name: 'x' }],
      ['POST', '/files/presigned-url', { ...request, name: 'kept', baseVersion: file.version }],
      ['POST', '/files/presigned-url', { ...request, name: 'empty', size: 0 }],
      ['POST', `/files/${own}/copy`, { parentId: top }],
      ['POST', `/files/${file.id}/copy`, { parentId: inner }],
      ['PATCH', `/files/${file.id}`, { name: 'x' }],
      ['PATCH', `/files/${file.id}`, { parentId: inner }],
      ['PATCH', `/files/${file.id}`, { executable: true }],
      ['DELETE', `/files/${file.id}`],
      ['DELETE', `/files/${inner}`],
      ['POST', `/files/${file.id}/share`, { users: [ann.account.email] }],
    ];
    for (const [method, path, body] of refused) {
      const answer = await bob.there.call(method, path, body);
      assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], `${method} ${path}`);
    }
    const batch = { files: [{ ...request, name: 'batched' }] };
    const { results } = expectStatus(await bob.api.post('/files/presigned-urls', batch), 200);
    assert.equal(results[0].error.code, 'forbidden');
    const { items } = expectStatus(await ann.api.get(`/folders/${top}/children`), 200);
    assert.deepEqual(
      items.map(({ name, version }: Json) => [name, version]),
      [
        ['inner', 1],
        ['kept', 1],
      ],
    );
    assertSameBytes(await download(bob.api, file.id), bytes('kept'));
  });

  test('a large folder: seen at once, told of soon, and gone at once', async () => {
    const { top, folders } = await largeFolder('large');
    const { cursor } = await changes(bob.api);
    await share(top, 'viewer');
    const deep = expectStatus(await bob.there.get(`/folders/${folders.at(-1)}/children`), 200);
    assert.equal(deep.items.length, 49, 'before any job came by');
    const seen = new Map<string, string>();
    const parents = new Map<string, string | null>();
    let since = cursor;
    while (seen.size < LARGE) {
      const page = await changes(bob.there, since);
      for (const { file } of page.changes) {
        assert.ok(file.parentId === null || seen.has(file.parentId), 'parents first');
        seen.set(file.id, file.role);
        parents.set(file.id, file.parentId);
      }
      since = page.cursor;
    }
    assert.equal(parents.get(top), null);
    await revoke(top);
    expectStatus(await bob.there.get(`/folders/${folders.at(-1)}/children`), 404, 'file-not-found');
    while (seen.size > 0) {
      const page = await changes(bob.there, since);
      for (const change of page.changes) {
        assert.deepEqual([change.type, change.reason], ['remove', 'unshared']);
        seen.delete(change.fileId);
      }
      since = page.cursor;
    }
  });

  test('servers that are killed leave jobs which another carries on', async () => {
    const { top } = await largeFolder('carried on');
    const carl = await person('Carl');
    await share(top, 'viewer', carl);
    await Promise.all([one.kill(), two.kill()]);
    two = await two.restart();
    const seen = new Set<string>();
    let since: string | undefined;
    while (seen.size < LARGE) {
      const page = await changes(carl.there, since);
      for (const { file } of page.changes) seen.add(file.id);
      since = page.cursor;
    }
    one = await one.restart();
  });

  test('stale commits of two people on two servers: each overridden one is kept beside', async () => {
    const top = await folder('conflicts');
    await share(top, 'editor');
    const long = `${'n'.repeat(250)}.txt`;
    const first = await upload(ann.api, { name: long, content: bytes('base'), parentId: top });
    const devices = [ann.api, bob.api, await device(ann), await device(bob)];
    const stored = await Promise.all(
      devices.map(async (api, n) => {
        const request = { name: long, size: 6, mimeType: 'a/b', parentId: top };
        const edit = { ...request, baseVersion: first.version };
        const begun = expectStatus(await api.post('/files/presigned-url', edit), 201);
        await putParts(api, begun.upload, bytes(`edit ${n}`));
        return { api, id: begun.upload.id };
      }),
    );
    const done = await Promise.all(
      stored.map(({ api, id }) => api.post(`/files/${first.id}/complete`, { uploadId: id })),
    );
    for (const answer of done) assert.equal(expectStatus(answer, 200).file.id, first.id);
    const { items } = expectStatus(await bob.api.get(`/folders/${top}/children`), 200);
    assert.equal(items.length, 4, 'the winner, and three that it overrode unseen');
    const contents = await Promise.all(
      items.map(async ({ id }: Json) => Buffer.from(await download(ann.api, id)).toString()),
    );
    assert.deepEqual(contents.toSorted(), ['edit 0', 'edit 1', 'edit 2', 'edit 3']);
    for (const { name } of items) {
      assert.ok(Buffer.byteLength(name) <= 255 && name.endsWith('.txt'), name);
    }
    const { file } = expectStatus(await ann.api.get(`/files/${first.id}`), 200);
    assert.equal(file.version, first.version + 4);
    const told = (await changes(bob.there)).changes.filter(
      (change) => change.file?.parentId === top,
    );
    assert.equal(told.length, 4, 'everyone hears of the copies');

    const equal = await Promise.all(
      [ann.api, bob.there].map((api) =>
        upload(api, {
          name: 'same',
          content: bytes('equal'),
          parentId: top,
          baseVersion: null,
          fingerprint: FINGERPRINT_OF_EQUAL,
          chunks: [[CHUNK_OF_EQUAL, 5]],
        }),
      ),
    );
    assert.equal(new Set(equal.map(({ id }) => id)).size, 1, 'equal content makes no conflict');
    const after = expectStatus(await ann.api.get(`/folders/${top}/children`), 200).items;
    assert.equal(after.length, 5);
  });
});

const bytes = (text: string) => new TextEncoder().encode(text);

/** Of the five bytes `equal`, as one chunk. */
const CHUNK_OF_EQUAL = 'sha256:f9d6cd1ed5cf1ead7b54873537748e0daa8f1390cd61555b68089fca063444f3';
const FINGERPRINT_OF_EQUAL = 'v1:028af1ea2c6064111627683eb4a2939bac1d2b084fae03ec17350f66297ebe38';
