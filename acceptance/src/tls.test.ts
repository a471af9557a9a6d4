import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeCertificate } from './harness/certificate.ts';
import { lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const run = promisify(execFile);

test('TLS end to end: API and embedded store with one certificate, checked by the client', {
  skip: skipUnlessEmbedded,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'valise-tls-'));
  const tls = await makeCertificate(folder);
  const cert = tls.VALISE_TLS_CERT;
  await using server = await TestServer.start({ env: tls });
  const url = server.url.replace('http:', 'https:');
  const { email, password } = await register(url, cert);
  const login = ['login', url, '--email', email, '--password-stdin'];

  const stranger = await valise(login, { home: folder, input: password });
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /certificate/i);

  const trusting = { home: folder, env: { NODE_EXTRA_CA_CERTS: cert } };
  const signedIn = await valise(login, { ...trusting, input: password });
  assert.equal(signedIn.code, 0, signedIn.stderr);
  for (const size of [1000, 20_000_000]) {
    const content = pseudoRandom(`tls ${size}`, size);
    await writeFile(join(folder, `file ${size}`), content);
    const put = await valise(['put', `file ${size}`, '--json'], trusting);
    assert.equal(put.code, 0, put.stderr);
    assert.equal(lines(put)[0].bytesSent, size);
    const get = await valise(['get', `file ${size}`, `back ${size}`], trusting);
    assert.equal(get.code, 0, get.stderr);
    assert.ok(Buffer.from(content).equals(await readFile(join(folder, `back ${size}`))));
  }
  await assert.rejects(fetch(`${server.url}/healthz`), 'no plain HTTP beside it');
  await rm(folder, { recursive: true });
});

/** By a process of its own, for certificates to trust are read at the start. */
async function register(url: string, cert: string): Promise<{ email: string; password: string }> {
  const person = { email: 'ann@example.org', password: 'correct horse battery', name: 'Ann' };
  const code = `const answer = await fetch(process.argv[1] + '/auth/register', {
    method: 'POST', headers: {'content-type': 'application/json'}, body: process.argv[2] });
    if (answer.status !== 201) throw new Error(await answer.text());
    if (!answer.headers.has('strict-transport-security')) throw new Error('no HSTS');`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
  const args = ['--input-type=module', '-e', code, url, JSON.stringify(person)];
  await run(process.execPath, args, { env });
  return person;
}
