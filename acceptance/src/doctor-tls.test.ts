import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeCertificate } from './harness/certificate.ts';
import { assertFails, bad, examineServer } from './harness/doctor.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

describe('valise doctor before TLS', { skip: skipUnlessEmbedded }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'valise-doctor-tls-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function served(days: number, name: string) {
    const env = await makeCertificate(folder, { days, name });
    const server = await TestServer.start({ env });
    const VALISE_URL = server.url.replace('http:', 'https:');
    const trusting = { VALISE_URL, NODE_EXTRA_CA_CERTS: env.VALISE_TLS_CERT };
    return { server, VALISE_URL, trusting };
  }

  test('tells of a certificate that devices refuse, and of none where they trust it', async () => {
    const { server, VALISE_URL, trusting } = await served(30, 'IP:127.0.0.1');
    await using _server = server;
    const strange = await examineServer(server, { VALISE_URL });
    assert.deepEqual(bad(strange), ['api.tls', 'store.tls']);
    assert.match(strange.findings.get('api.tls')?.says ?? '', /self-signed/);
    assert.match(
      strange.findings.get('api.tls')?.mend ?? '',
      /VALISE_TLS_CERT.*NODE_EXTRA_CA_CERTS/,
    );
    const trusted = await examineServer(server, trusting);
    assert.deepEqual(bad(trusted), []);
    assert.equal(trusted.findings.get('api.tls')?.state, 'ok');
    const plain = {
      ...trusting,
      VALISE_OBJECTS_URL: `http://127.0.0.1:${server.env.VALISE_OBJECTS_PORT}`,
    };
    const mixed = await examineServer(server, plain);
    assert.ok(bad(mixed).includes('store.tls'));
  });

  test('tells of one that is for another name, or ends soon', async () => {
    const { server, trusting } = await served(5, 'IP:127.0.0.1');
    await using _server = server;
    const soon = await examineServer(server, trusting);
    assert.equal(soon.findings.get('api.tls')?.state, 'warning');
    assert.match(soon.findings.get('api.tls')?.says ?? '', /expires in [45] days/);
    const { VALISE_URL } = trusting;
    const other = await examineServer(server, {
      ...trusting,
      VALISE_URL: VALISE_URL.replace('127.0.0.1', 'localhost'),
      VALISE_OBJECTS_URL: `https://127.0.0.1:${server.env.VALISE_OBJECTS_PORT}`,
    });
    assertFails(other, 'api.tls', /VALISE_TLS_CERT/);
    assert.match(other.findings.get('api.tls')?.says ?? '', /another name/);
  });
});
