import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api, assertSameBytes, download, expectStatus, type Json, upload } from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';

describe('folders, moves, copies, trash, search', () => {
  let server: TestServer;
  let guest: Api;
  let api: Api;

  before(async () => {
    server = await TestServer.start();
    guest = new Api(server.url);
    api = guest.as(await guest.register());
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  async function folder(name: string, parentId: string | null = null): Promise<Json> {
    return expectStatus(await api.post('/folders', { name, parentId }), 201).file;
  }
  async function names(id: string, query = ''): Promise<string[]> {
    const { items } = expectStatus(await api.get(`/folders/${id}/children${query}`), 200);
    return items.map((item: Json) => item.name);
  }

  test('folders list by name, time and size, in pages', async () => {
    const top = await folder('listing');
    for (const [n, name] of ['b', 'a', 'd', 'c', 'e'].entries()) {
      await upload(api, { name, parentId: top.id, content: pseudoRandom(name, 100 - n) });
    }
    assert.deepEqual(await names(top.id), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(
      new Set(await names(top.id, '?sort=size')),
      new Set(['a', 'b', 'c', 'd', 'e']),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const body: Json = (await api.get(`/folders/${top.id}/children?limit=2${query}`)).body;
      seen.push(...body.items.map((item: Json) => item.name));
      cursor = body.cursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e']);
    assert.equal((await api.get(`/folders/${top.id}/children?limit=1001`)).status, 400);
    expectStatus(await api.get(`/folders/${top.id}/children?cursor=forged`), 422, 'bad-cursor');
  });

  test('names are unique among siblings, whatever case or normalisation', async () => {
    await folder('Straße');
    for (const name of ['Straße', 'STRASSE', 'strasse']) {
      expectStatus(await api.post('/folders', { name, parentId: null }), 409, 'name-taken');
    }
  });

  test('two creates of one name at once: one wins', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.post('/folders', { name: 'race', parentId: null })),
    );
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, ...Array(7).fill(409)]);
  });

  test('a folder moves with all below it; cycles, foreign places and clashes are refused', async () => {
    const a = await folder('move a');
    const b = await folder('move b', a.id);
    const file = await upload(api, { name: 'deep', parentId: b.id, content: pseudoRandom('m', 9) });
    const c = await folder('move c');
    const moved = await api.call('PATCH', `/files/${b.id}`, { parentId: c.id, name: 'renamed' });
    assert.equal(expectStatus(moved, 200).file.name, 'renamed');
    assert.deepEqual(await names(c.id), ['renamed']);
    assert.deepEqual(await names(a.id), []);
    assert.deepEqual(await names(b.id), ['deep']);
    const move = (id: string, parentId: string) => api.call('PATCH', `/files/${id}`, { parentId });
    expectStatus(await move(c.id, b.id), 409, 'cycle');
    expectStatus(await move(c.id, c.id), 409, 'cycle');
    expectStatus(await move(a.id, file.id), 422, 'not-a-folder');
    await folder('clash', a.id);
    const clash = await folder('Clash');
    expectStatus(await move(clash.id, a.id), 409, 'name-taken');
    const back = await api.call('PATCH', `/files/${file.id}`, { parentId: null });
    assert.equal(expectStatus(back, 200).file.parentId, null);
  });

  test('two moves at once never make a cycle', async () => {
    const a = await folder('cycle a');
    const b = await folder('cycle b');
    const answers = await Promise.all([
      api.call('PATCH', `/files/${a.id}`, { parentId: b.id }),
      api.call('PATCH', `/files/${b.id}`, { parentId: a.id }),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409]);
  });

  test('a copy moves no byte and is its own file', async () => {
    const content = pseudoRandom('copied', 5000);
    const file = await upload(api, { name: 'original.txt', content });
    const into = await folder('copies');
    const copy = expectStatus(await api.post(`/files/${file.id}/copy`, { parentId: into.id }), 201);
    assert.equal(copy.file.name, 'original.txt');
    assertSameBytes(await download(api, copy.file.id), content);
    expectStatus(
      await api.post(`/files/${file.id}/copy`, { parentId: into.id }),
      409,
      'name-taken',
    );
    await upload(api, { name: 'original.txt', content: pseudoRandom('changed', 10) });
    assertSameBytes(await download(api, copy.file.id), content);
    const tree = await api.post(`/files/${into.id}/copy`, { parentId: null, name: 'copies 2' });
    assert.deepEqual(await names(expectStatus(tree, 201).file.id), ['original.txt']);
  });

  test('symlinks stay symlinks', async () => {
    const made = await api.post('/symlinks', { name: 'link', parentId: null, target: '../x' });
    const { file } = expectStatus(made, 201);
    assert.equal(file.kind, 'symlink');
    assert.equal(file.target, '../x');
    const long = { name: 'long', parentId: null, target: 'x'.repeat(4097) };
    const refused = await api.post('/symlinks', long);
    assert.ok([400, 422].includes(refused.status));
  });

  test('trash, restore, purge', async () => {
    const top = await folder('bin');
    const inner = await folder('inner', top.id);
    const content = pseudoRandom('bin', 10);
    const one = await upload(api, { name: 'one', parentId: inner.id, content });
    const two = await upload(api, { name: 'two', parentId: inner.id, content });
    assert.equal((await api.call('DELETE', `/files/${two.id}`)).status, 204);
    assert.equal((await api.call('DELETE', `/files/${top.id}`)).status, 204);
    assert.equal((await api.call('DELETE', `/files/${top.id}`)).status, 204);
    expectStatus(await api.get(`/files/${one.id}`), 404);
    const trash = expectStatus(await api.get('/files/trash'), 200).items;
    assert.deepEqual(
      trash.map((item: Json) => item.name),
      ['bin', 'two'],
    );
    assert.ok(trash[0].deletedAt);
    assert.ok(trash[0].deletedBy);
    await folder('bin');
    const back = expectStatus(await api.post(`/files/${top.id}/restore`, {}), 200).file;
    assert.equal(back.name, 'bin (restored)');
    assert.deepEqual(await names(inner.id), ['one']);
    assertSameBytes(await download(api, one.id), content);
    assert.equal((await api.call('DELETE', `/files/${inner.id}`)).status, 204);
    assert.equal((await api.call('DELETE', `/files/trash/${inner.id}`)).status, 204);
    expectStatus(await api.post(`/files/${inner.id}/restore`, {}), 404);
    const survivor = expectStatus(await api.post(`/files/${two.id}/restore`, {}), 200).file;
    assert.equal(survivor.parentId, null, 'its place is gone: it comes back to the root');
  });

  test('deleting what changed since it was seen is refused', async () => {
    const file = await upload(api, { name: 'seen', content: pseudoRandom('seen 1', 10) });
    await upload(api, { name: 'seen', content: pseudoRandom('seen 2', 10) });
    const stale = await api.call('DELETE', `/files/${file.id}?version=1`);
    assert.deepEqual(expectStatus(stale, 409, 'changed-since').fileIds, [file.id]);
    assert.equal((await api.call('DELETE', `/files/${file.id}?version=2`)).status, 204);
  });

  test('search finds by name, in any case and normalisation, own files only', async () => {
    await upload(api, { name: 'Quarterly Résumé 50%.pdf', content: pseudoRandom('q', 5) });
    const find = async (who: Api, q: string) =>
      expectStatus(await who.get(`/files/search?q=${encodeURIComponent(q)}`), 200).items.length;
    assert.equal(await find(api, 'RE\u0301SUME\u0301'), 1);
    assert.equal(await find(api, '50%'), 1);
    assert.equal(await find(api, '5_%'), 0);
    assert.equal(await find(guest.as(await guest.register('Bob')), 'quarterly'), 0);
  });

  test('nesting deeper than 256 is refused', async () => {
    let parentId: string | null = null;
    let answer = await api.post('/folders', { name: 'nest', parentId });
    for (let depth = 1; answer.status === 201 && depth < 300; depth++) {
      parentId = answer.body.file.id;
      answer = await api.post('/folders', { name: 'nest', parentId });
    }
    expectStatus(answer, 422, 'too-deep');
  });
});
