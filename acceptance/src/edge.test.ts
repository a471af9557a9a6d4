import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Api } from './harness/api.ts';
import { lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { assertFails, examineServer } from './harness/doctor.ts';
import { skipWithoutNginx, startEdge } from './harness/edge.ts';
import { freePorts, TestServer } from './harness/server.ts';

test('downloads come from the edge, whole and verified, empty files and small ones too', {
  skip: skipWithoutNginx,
}, async () => {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const cdn = { CDN_URL: url, CDN_KEY: 'an edge and its servers share this' };
  await using server = await TestServer.start({ env: { CDN: 'edge', ...cdn } });
  await using _edge = await startEdge(server.data, { url, env: cdn });
  const { email, password, accessToken } = await new Api(server.url).register();
  const home = await mkdtemp(join(tmpdir(), 'valise-edge-home-'));
  const options = { home };
  const login = ['login', server.url, '--email', email, '--password-stdin'];
  assert.equal((await valise(login, { home, input: password })).code, 0);

  for (const size of [0, 700, 30_000_000]) {
    const content = pseudoRandom(`edge ${size}`, size);
    await writeFile(join(home, `file ${size}`), content);
    assert.equal((await valise(['put', `file ${size}`], options)).code, 0);
    const get = await valise(['get', `file ${size}`, `back ${size}`], options);
    assert.equal(get.code, 0, get.stderr);
    assert.ok(Buffer.from(content).equals(await readFile(join(home, `back ${size}`))));
  }

  const api = new Api(server.url, accessToken);
  const listing = await api.get('/folders/root/children');
  for (const { id, name, size } of listing.body.items) {
    const { body } = await api.get(`/files/${id}`);
    assert.ok(body.downloadUrl.startsWith(`${url}/v1/`), body.downloadUrl);
    const answer = await fetch(body.downloadUrl);
    assert.equal(answer.status, 200);
    assert.equal((await answer.arrayBuffer()).byteLength, size);
    assert.match(answer.headers.get('content-disposition') ?? '', new RegExp(`"${name}"`));
  }
  await rm(home, { recursive: true });
  await rm(`${server.data}-edge-cache`, { recursive: true, force: true });
});

test('text travels and lies compressed, and every reader gets its own bytes', {
  skip: skipWithoutNginx,
}, async () => {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const cdn = { CDN_URL: url, CDN_KEY: 'an edge and its servers share this' };
  await using server = await TestServer.start({ env: { CDN: 'edge', ...cdn } });
  await using _edge = await startEdge(server.data, { url, env: cdn });
  const { email, password, accessToken } = await new Api(server.url).register();
  const home = await mkdtemp(join(tmpdir(), 'valise-edge-home-'));
  const options = { home };
  const login = ['login', server.url, '--email', email, '--password-stdin'];
  assert.equal((await valise(login, { home, input: password })).code, 0);
  const text = Buffer.from(
    `${Buffer.from(pseudoRandom('words', 3000)).toString('hex')}\n`.repeat(20),
  );
  const contents = new Map<string, Uint8Array>([
    ['notes.txt', text],
    ['photo.jpg', pseudoRandom('like a photograph', 50_000)],
    ['short.txt', Buffer.from('too short to be worth it')],
  ]);
  for (const [name, content] of contents) await writeFile(join(home, name), content);
  const put = await valise(['put', '--json', ...contents.keys()], options);
  assert.equal(put.code, 0, put.stderr);
  const sent = lines(put).filter((line) => line.action === 'uploaded');
  assert.ok(sent.find((line) => line.localPath.endsWith('notes.txt')).bytesSent < text.length / 2);

  const api = new Api(server.url, accessToken);
  for (const { id, name, size, ...file } of (await api.get('/folders/root/children')).body.items) {
    const content = contents.get(name);
    assert.ok(content);
    assert.equal(size, content.length);
    const isText = name === 'notes.txt';
    assert.equal(file.contentEncoding, isText ? 'gzip' : undefined);
    assert.equal(file.storedSize < size, isText);
    const { downloadUrl } = (await api.get(`/files/${id}`)).body;
    // Who takes no encoding, who takes it, and who wants a part of it; each twice, for the cache.
    for (let time = 0; time < 2; time++) {
      assert.ok(execFileSync('curl', ['-sf', downloadUrl]).equals(content), name);
      assert.ok(execFileSync('curl', ['-sf', '--compressed', downloadUrl]).equals(content), name);
      const fetched = await (await fetch(downloadUrl)).arrayBuffer();
      assert.ok(Buffer.from(fetched).equals(content), name);
    }
    const get = await valise(['get', name, `back ${name}`], options);
    assert.equal(get.code, 0, get.stderr);
    assert.ok((await readFile(join(home, `back ${name}`))).equals(content), name);
  }
  assert.equal((await examineServer(server)).findings.get('compression')?.state, 'ok');
  const without = await examineServer(server, { CDN: 'store', CDN_URL: '', CDN_KEY: '' });
  assertFails(without, 'compression', /CDN=edge.*valise put/);
  assert.match(without.findings.get('compression')?.says ?? '', /but 1 contents are/);
  await rm(home, { recursive: true });
  await rm(`${server.data}-edge-cache`, { recursive: true, force: true });
});
