import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, assertSameBytes, expectStatus, putPart } from './harness/api.ts';
import { valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { FaultyStore } from './harness/faulty-store.ts';
import { shiftedClock, TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const MiB = 1024 * 1024;
/** Upload URLs live 15 minutes: from a server whose clock is so late they live some seconds. */
const LATE_MS = -(15 * 60 - 8) * 1000;

test('an expired URL is refused, a fresh one is given, downloads expire as well', {
  skip: skipUnlessEmbedded,
}, async () => {
  await using server = await TestServer.start({
    env: shiftedClock(LATE_MS),
  });
  const guest = new Api(server.url);
  const api = guest.as(await guest.register());
  const content = pseudoRandom('expired', 1000);
  const body = { name: 'expired', size: content.length, mimeType: 'a/b' };
  const { file, upload } = expectStatus(await api.post('/files/presigned-url', body), 201);
  await sleep(new Date(upload.parts[0].request.expiresAt).getTime() - Date.now() + 1500);
  const refused = await putPart(upload.parts[0], content);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /expired/i);
  expectStatus(await api.post(`/files/${file.id}/complete`, {}), 409, 'parts-missing');
  const urls = { uploadId: upload.id, partNumbers: [1] };
  const fresh = expectStatus(await api.post(`/files/${file.id}/upload/urls`, urls), 200);
  assert.equal((await putPart(fresh.parts[0], content)).status, 200);
  expectStatus(await api.post(`/files/${file.id}/complete`, {}), 200);
  const { downloadUrl } = expectStatus(await api.get(`/files/${file.id}`), 200);
  assert.equal((await fetch(downloadUrl)).status, 403);
});

describe('a file that changes while valise put reads it', { skip: skipUnlessEmbedded }, () => {
  const size = 48 * MiB;
  const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'written in its middle, its times set back': async (path) => {
      const { atime, mtime } = await stat(path);
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(64), 0, 64, size - 100);
      await file.close();
      await utimes(path, atime, mtime);
    },
    truncated: async (path) => {
      const file = await open(path, 'r+');
      await file.truncate(10 * MiB);
      await file.close();
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`${what}: nothing false is stored, and a repeat stores what is there then`, async () => {
      await using store = await FaultyStore.start();
      await using server = await TestServer.start({ env: store.env });
      const guest = new Api(server.url);
      const ann = await guest.register();
      const home = await mkdtemp(join(tmpdir(), 'valise-changing-'));
      const login = ['login', server.url, '--email', ann.email, '--password-stdin'];
      assert.equal((await valise(login, { home, input: ann.password })).code, 0);
      const path = join(home, 'file');
      await writeFile(path, pseudoRandom(what, size));
      // Nothing gets through until the file has changed: by then all of it has been hashed.
      store.data.set({ kind: 'answer', status: 503, code: 'SlowDown' });
      const put = valise(['put', 'file'], { home });
      while (store.data.met === 0) await sleep(10);
      await change(path);
      store.data.heal();
      const { code, stderr } = await put;
      const { items } = expectStatus(await guest.as(ann).get('/folders/root/children'), 200);
      if (code !== 0) {
        assert.equal(code, 1);
        assert.match(stderr, /changed|shorter/);
        assert.deepEqual(items, []);
        const again = await valise(['put', 'file'], { home });
        assert.equal(again.code, 0, again.stderr);
      }
      assert.equal((await valise(['get', 'file', 'back'], { home })).code, 0);
      assertSameBytes(await readFile(join(home, 'back')), await readFile(path));
      await rm(home, { recursive: true });
    });
  }
});
