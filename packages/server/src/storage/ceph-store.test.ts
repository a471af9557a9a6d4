import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { KnownStore } from './contract-tools.ts';
import { createStorage, type Storage } from './create-storage.ts';
import { type ConnectedStore, objectStoreContract } from './object-store.contract.ts';
import type { StoreSettings } from './store-settings.ts';
import { type CephStore, startCephStore } from './test-ceph.ts';

const run = promisify(execFile);
const ceph = await startCephStore();
const opened: Storage[] = [];
after(async () => {
  for (const storage of opened) storage.close();
  await ceph?.close();
});

const CEPH: KnownStore = {
  abilities: {
    pinning: 'content-sha256',
    composing: { minimumSource: 1, equalPartsOnly: false },
  },
  completesSomeParts: false,
  answersPreflights: true,
};
/** It takes a session for a stranger where a second permission is looked up. */
const CEPH_SESSION: KnownStore = {
  ...CEPH,
  abilities: { ...CEPH.abilities, composing: null },
  answersPreflights: false,
};

async function connect(settings: StoreSettings): Promise<ConnectedStore> {
  const storage = await createStorage(settings);
  opened.push(storage);
  return { settings, storage };
}

const hosted = (endpoint: string): string => endpoint.replace('127.0.0.1', 'localhost');

/** Credentials with a session token, good for an hour, from the gateway itself. */
async function assumeRole(settings: StoreSettings): Promise<StoreSettings> {
  const role = ['--role-arn', 'arn:aws:iam:::role/session', '--role-session-name', 'contract'];
  const at = ['--endpoint-url', settings.endpoint, '--output', 'json'];
  // A bundle of certificates set for other stores would be asked for here in vain.
  const { AWS_CA_BUNDLE: _bundle, ...inherited } = process.env;
  const env = {
    ...inherited,
    AWS_ACCESS_KEY_ID: settings.accessKeyId,
    AWS_SECRET_ACCESS_KEY: settings.secretAccessKey,
    AWS_DEFAULT_REGION: settings.region,
  };
  const { stdout } = await run('aws', [...at, 'sts', 'assume-role', ...role], { env });
  const { Credentials: given } = JSON.parse(stdout);
  return {
    ...settings,
    // Another user than the one whose bucket the other suite has.
    bucket: `session-${randomUUID()}`,
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
  };
}

test('Ceph is here to be tested', { skip: !process.env.CI && 'CI has it' }, () => {
  assert.ok(ceph, 'Install ceph-common ceph-mon ceph-osd radosgw.');
});

describe('Ceph', { skip: ceph === null && 'Ceph is not installed' }, () => {
  let store: CephStore;
  before(() => {
    assert.ok(ceph);
    store = ceph;
  });

  objectStoreContract(async () => store, CEPH);

  describe('with temporary credentials and the bucket in the host name', () => {
    objectStoreContract(async () => {
      const session = await assumeRole(store.settings);
      return await connect({
        ...session,
        endpoint: hosted(session.endpoint),
        forcePathStyle: false,
      });
    }, CEPH_SESSION);
  });

  describe('encrypting with a key of its own', () => {
    objectStoreContract(
      async () => await connect({ ...store.settings, sse: 'aws:kms:test-key' }),
      CEPH,
    );
  });

  test('an object that it was not asked to encrypt does not pass for an encrypted one', async () => {
    const { storage } = await connect({ ...store.settings, sse: 'aws:kms:test-key' });
    const [plain, secret] = [`v1/abc/${randomUUID()}/0`, `v1/abc/${randomUUID()}/0`];
    await store.storage.store.createEmpty(plain);
    await assert.rejects(storage.store.head(plain), { code: 'store-unencrypted' });
    await storage.store.createEmpty(secret);
    assert.equal((await storage.store.head(secret))?.size, 0);
  });

  test('a store without encryption is refused when encryption is asked for', async () => {
    await assert.rejects(createStorage({ ...store.settings, sse: 'AES256' }), /S3_SSE|refuses/);
  });
});
