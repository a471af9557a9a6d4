import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { Api, assertSameBytes, download, expectStatus, putPart } from './harness/api.ts';
import { makeCertificate } from './harness/certificate.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { isEmbedded, storeVariables } from './harness/store.ts';

const run = promisify(execFile);
const SECRET = 'between a store & an encrypted API';
/** The sweeper comes by a minute after the beginning, so what is earlier came of an event. */
const BEFORE_SWEEPER_MS = 30_000;

test('the store tells an API that speaks TLS alone of what a dead client has sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'valise-events-tls-'));
  const tls = await makeCertificate(folder);
  setDefaultCACertificates([
    ...getCACertificates('default'),
    await readFile(tls.VALISE_TLS_CERT, 'utf8'),
  ]);
  await using server = await TestServer.start({
    env: { ...tls, VALISE_EVENTS_SECRET: SECRET },
  });
  const url = server.url.replace('http:', 'https:');
  if (!isEmbedded) await tellOfCreations(server.data, url);
  const guest = new Api(url);
  const api = guest.as(await guest.register());
  const content = pseudoRandom('told over TLS', 100_000);
  const body = { name: 'orphan.bin', size: content.length, mimeType: 'application/octet-stream' };
  const begun = expectStatus(await api.post('/files/presigned-url', body), 201);
  assert.equal((await putPart(begun.upload.parts[0], content)).status, 200);
  const deadline = Date.now() + BEFORE_SWEEPER_MS;
  const { id } = begun.file;
  while (expectStatus(await api.get(`/files/${id}`), 200).file.status !== 'uploaded') {
    assert.ok(Date.now() < deadline, 'no event made a file of it');
    await sleep(100);
  }
  assertSameBytes(await download(api, id), content);
  await rm(folder, { recursive: true });
});

/** Has the gateway under test tell our webhook, whose certificate nobody but us knows. */
async function tellOfCreations(data: string, url: string): Promise<void> {
  const store = storeVariables(data);
  const { AWS_CA_BUNDLE: _bundle, ...inherited } = process.env;
  const env = {
    ...inherited,
    AWS_ACCESS_KEY_ID: store.S3_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: store.S3_SECRET_ACCESS_KEY,
    AWS_DEFAULT_REGION: store.S3_REGION,
  };
  const aws = async (...args: readonly string[]) => {
    const at = ['--endpoint-url', String(store.S3_ENDPOINT), '--output', 'json'];
    return (await run('aws', [...at, ...args], { env })).stdout;
  };
  const hook = `${url}/events/s3?token=${encodeURIComponent(SECRET)}`;
  const attributes = JSON.stringify({ 'push-endpoint': hook, 'verify-ssl': 'false' });
  const made = await aws('sns', 'create-topic', '--name', 'tls', '--attributes', attributes);
  const topic = {
    Id: 'tls',
    TopicArn: JSON.parse(made).TopicArn,
    Events: ['s3:ObjectCreated:*'],
  };
  const configuration = JSON.stringify({ TopicConfigurations: [topic] });
  const bucket = ['--bucket', String(store.S3_BUCKET)];
  const call = ['s3api', 'put-bucket-notification-configuration', ...bucket];
  await aws(...call, '--notification-configuration', configuration);
}
