import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type Account,
  Api,
  assertSameBytes,
  download,
  expectStatus,
  upload,
} from './harness/api.ts';
import { bytesAsked, chunked, somePieces } from './harness/chunks.ts';
import { lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { storedBytes } from './harness/store.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('only changes travel', () => {
  let server: TestServer;
  let ann: Account;
  let api: Api;
  let root: string;

  before(async () => {
    server = await TestServer.start();
    const guest = new Api(server.url);
    ann = await guest.register();
    api = guest.as(ann);
    root = await mkdtemp(join(tmpdir(), 'valise-deltas-'));
    for (const device of ['laptop', 'phone']) {
      await mkdir(join(root, device));
      const args = ['login', server.url, '--email', ann.email, '--password-stdin'];
      const { code } = await valise(args, { home: join(root, device), input: ann.password });
      assert.equal(code, 0);
    }
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  /** Runs it on a device; answers the line about the file. */
  async function run(device: 'laptop' | 'phone', ...args: string[]) {
    const home = join(root, device);
    const result = await valise(['--json', ...args], { home });
    assert.equal(result.code, 0, result.stderr);
    const line = lines(result).find(({ type }) => type === 'file');
    assert.ok(line, result.stdout);
    return line;
  }

  test('of smaller files, too, only the changes come down: one alone, or a folder of them', async () => {
    const sizes = { 'a.pack': 2 * MiB, 'b.pack': 7 * MiB, 'c.pack': 300 * KiB };
    const folder = join(root, 'laptop', 'packs');
    await mkdir(folder);
    const write = async (edit: string) => {
      for (const [name, size] of Object.entries(sizes)) {
        const start = pseudoRandom(name, size);
        await writeFile(join(folder, name), splice(start, size >> 1, 0, Buffer.from(edit)));
      }
    };
    const home = (device: string) => join(root, device);
    for (const edit of ['', 'edited']) {
      await write(edit);
      const put = await valise(['put', 'packs'], { home: home('laptop') });
      assert.equal(put.code, 0, put.stderr);
      const got = await valise(['--json', 'get', 'packs'], { home: home('phone') });
      assert.equal(got.code, 0, got.stderr);
      for (const [name, size] of Object.entries(sizes)) {
        const line = lines(got).find(({ path }) => path === `/packs/${name}`);
        const isWhole = edit === '' || size < MiB;
        const { bytesReceived, bytesReused } = line;
        assert.equal(bytesReceived + bytesReused, size + edit.length);
        if (isWhole) assert.equal(bytesReused, 0);
        else assert.ok(bytesReceived <= 1.5 * MiB, `${name}: received ${bytesReceived}`);
        assertSameBytes(
          await readFile(join(root, 'phone', 'packs', name)),
          await readFile(join(folder, name)),
        );
      }
    }
  });

  test('edits of a large file, from one device to the other', async () => {
    const start = pseudoRandom('large', 60 * MiB);
    const [from, to] = [join(root, 'laptop', 'large.bin'), join(root, 'phone', 'large.bin')];
    await writeFile(from, start);
    await run('laptop', 'put', 'large.bin');
    await run('phone', 'get', 'large.bin');
    const byte = Buffer.from('!');
    const edits: [what: string, content: Uint8Array, most: number][] = [
      ['one byte in the middle', splice(start, 30 * MiB, 0, byte), 2 * MiB],
      ['one byte at the end', Buffer.concat([start, byte]), 2 * MiB],
      ['a mebibyte less', splice(start, 20 * MiB, MiB, new Uint8Array(0)), 3 * MiB],
      ['one byte at the beginning', Buffer.concat([byte, start]), 5 * MiB + 3 * MiB],
    ];
    for (const [what, content, most] of edits) {
      await writeFile(from, content);
      const put = await run('laptop', 'put', 'large.bin');
      assert.ok(put.bytesSent > 0 && put.bytesSent <= most, `${what}: sent ${put.bytesSent}`);
      const got = await run('phone', 'get', 'large.bin');
      assert.ok(got.bytesReceived <= 3 * MiB, `${what}: received ${got.bytesReceived}`);
      assert.equal(got.bytesReceived + got.bytesReused, content.length);
      assertSameBytes(await readFile(to), content, what);
    }
    assert.deepEqual(
      (await readdir(join(root, 'phone'))).filter((name) => /^\.v/.test(name)),
      [],
    );
  });

  test('what was got can be edited and put: only the changes go up', async () => {
    const start = pseudoRandom('got', 30 * MiB);
    await writeFile(join(root, 'laptop', 'got.bin'), start);
    await run('laptop', 'put', 'got.bin');
    await run('phone', 'get', 'got.bin');
    await writeFile(join(root, 'phone', 'got.bin'), splice(start, 15 * MiB, 3, Buffer.from('new')));
    const put = await run('phone', 'put', 'got.bin');
    assert.ok(put.bytesSent <= 2 * MiB, String(put.bytesSent));
    await run('laptop', 'get', 'got.bin');
    assertSameBytes(
      await readFile(join(root, 'laptop', 'got.bin')),
      await readFile(join(root, 'phone', 'got.bin')),
    );
  });

  test('parts are the ranges to send, completing does the rest, and nothing is left over', async () => {
    const pieces = somePieces('over http', 80);
    const first = chunked(pieces);
    const file = await upload(api, { name: 'over http', ...first });
    const before = await storedBytes(server.data);
    const edited = chunked(pieces.with(40, pseudoRandom('edit', 100 * KiB)).toSpliced(60, 1));
    const { content, ...told } = edited;
    const created = expectStatus(
      await api.post('/files/presigned-url', {
        name: 'over http',
        size: content.length,
        mimeType: 'a/b',
        baseVersion: file.version,
        ...told,
      }),
      201,
    );
    assert.equal(bytesAsked(created.upload), 100 * KiB);
    const next = await upload(api, { name: 'over http', baseVersion: file.version, ...edited });
    assert.equal(next.version, 2);
    assertSameBytes(await download(api, file.id), content);
    assert.equal((await storedBytes(server.data)) - before, content.length);
  });

  test('the difference of chunk lists goes both ways', async () => {
    const pieces = somePieces('lists', 60);
    const first = chunked(pieces);
    const file = await upload(api, { name: 'lists', ...first });
    const edited = chunked(pieces.toSpliced(20, 1, pseudoRandom('new', 100 * KiB)));
    const { content, fingerprint, chunks } = edited;
    const chunkEdits = [{ at: 20, remove: 1, insert: [chunks[20]] }];
    await upload(api, { name: 'lists', baseVersion: 1, fingerprint, content, chunkEdits });
    const since = expectStatus(await api.get(`/files/${file.id}/chunks?since=1`), 200);
    assert.deepEqual(since, { version: 2, chunkEdits });
    const same = await api.get(
      `/files/${file.id}/chunks?sinceFingerprint=${encodeURIComponent(first.fingerprint)}`,
    );
    assert.deepEqual(expectStatus(same, 200), since);
    const link = expectStatus(await api.get(`/files/${file.id}?chunks=0`), 200);
    assert.deepEqual([link.chunks, link.chunksTotal], [[], 60]);
    assertSameBytes(await download(api, file.id), content);
  });

  test('bad edits change nothing', async () => {
    const pieces = somePieces('bad', 50);
    const { fingerprint, content, chunks } = chunked(pieces);
    const file = await upload(api, { name: 'bad', content, chunks, fingerprint });
    const at = (from: number, remove: number) => ({ at: from, remove, insert: [] });
    const long = { at: 0, remove: 0, insert: Array.from({ length: 90_000 }, () => chunks[0]) };
    const refusals: [what: string, body: object, status: number, code: string][] = [
      ['beyond the end', { chunkEdits: [at(49, 2)] }, 422, 'chunks-mismatch'],
      ['overlapping', { chunkEdits: [at(1, 3), at(2, 1)] }, 422, 'chunks-mismatch'],
      ['out of order', { chunkEdits: [at(9, 1), at(2, 1)] }, 422, 'chunks-mismatch'],
      ['not adding up', { chunkEdits: [at(0, 1)] }, 422, 'chunks-mismatch'],
      ['far too many', { chunkEdits: [long] }, 422, 'chunks-mismatch'],
      ['of no base', { chunkEdits: [], baseVersion: null }, 422, 'invalid-value'],
      ['of an unknown base', { chunkEdits: [], baseVersion: 7 }, 404, 'version-unknown'],
      [
        'an unknown recipe',
        { chunks, fingerprint: `v9:${'0'.repeat(64)}` },
        422,
        'chunks-mismatch',
      ],
      ['ten million chunks', { chunkCount: 10_000_000 }, 400, 'malformed-request'],
    ];
    for (const [what, body, status, code] of refusals) {
      const answer = await api.post('/files/presigned-url', {
        ...{ name: 'bad', size: content.length, mimeType: 'a/b', baseVersion: 1, ...body },
      });
      assert.deepEqual([answer.status, answer.body.code], [status, code], what);
    }
    assertSameBytes(await download(api, file.id), content);
    assert.equal((await api.get(`/files/${file.id}`)).body.file.version, 1);
  });

  test('who lies about chunks has a bad file, and nobody else', async () => {
    const pieces = somePieces('honest', 48);
    const honest = chunked(pieces);
    const victim = new Api(server.url).as(await new Api(server.url).register('Victim'));
    const theirs = await upload(victim, { name: 'theirs', ...honest });
    // The liar claims the victim's chunks for bytes of its own, and builds upon that claim.
    const rubbish = pseudoRandom('rubbish', honest.content.length);
    const { chunks, fingerprint } = honest;
    const lie = await upload(api, { name: 'lie', content: rubbish, chunks, fingerprint });
    const edited = chunked(pieces.with(24, pseudoRandom('lie edit', 256 * KiB)));
    const next = await upload(api, { name: 'lie', baseVersion: 1, ...edited });
    const bytes = await download(api, next.id);
    assert.equal(next.id, lie.id);
    assert.notDeepEqual(bytes.subarray(0, 64), edited.content.subarray(0, 64));
    // An honest person who has the same content, or edits it, is untouched by it.
    assertSameBytes(await download(victim, theirs.id), honest.content);
    const after = await upload(victim, { name: 'theirs', baseVersion: 1, ...edited });
    assertSameBytes(await download(victim, after.id), edited.content);
  });

  test('of another’s version chunks are reused by whoever verified it, and of its past by nobody', async () => {
    const guest = new Api(server.url);
    const account = await guest.register('Editor');
    const editor = guest.as(account);
    const folder = expectStatus(await api.post('/folders', { name: 'team', parentId: null }), 201);
    const parentId = folder.file.id;
    const share = { users: [account.email], role: 'editor' };
    expectStatus(await api.post(`/files/${parentId}/share`, share), 200);
    const pieces = somePieces('shared', 48);
    await upload(api, { name: 'plan', parentId, ...chunked(pieces) });
    const edited = chunked(pieces.with(24, pseudoRandom('their edit', 100 * KiB)));
    const asked = async (claim: object): Promise<number> => {
      const { content, ...told } = edited;
      const created = await editor.post('/files/presigned-url', {
        ...{ name: 'plan', parentId, size: content.length, mimeType: 'a/b', ...told, ...claim },
      });
      const { file, upload: plan } = expectStatus(created, 201);
      await editor.call('DELETE', `/files/${file.id}/upload?uploadId=${plan.id}`);
      return bytesAsked(plan);
    };
    assert.equal(await asked({ baseVersion: 1 }), edited.content.length);
    assert.equal(await asked({ baseVerified: true }), edited.content.length);
    assert.equal(await asked({ baseVersion: 1, baseVerified: true }), 100 * KiB);
    await upload(api, { name: 'plan', parentId, ...chunked(somePieces('other', 40)) });
    assert.equal(await asked({ baseVersion: 1, baseVerified: true }), edited.content.length);
  });

  test('nobody learns from a hash, or by claiming a base, what a stranger has', async () => {
    const secret = chunked(somePieces('secret', 48));
    await upload(api, { name: 'secret', ...secret });
    const stranger = new Api(server.url).as(await new Api(server.url).register('Stranger'));
    const { content, ...told } = secret;
    for (const claim of [{}, { baseVersion: 1, baseVerified: true }, { baseVersion: null }]) {
      const created = await stranger.post('/files/presigned-url', {
        name: `guess ${Object.keys(claim)}`,
        size: content.length,
        mimeType: 'a/b',
        ...told,
        ...claim,
      });
      assert.equal(bytesAsked(expectStatus(created, 201).upload), content.length);
    }
  });
});

function splice(content: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  return Buffer.concat([content.subarray(0, at), insert, content.subarray(at + remove)]);
}
