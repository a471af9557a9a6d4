import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { startTestStore, type TestStore, temporaryFolder } from './test-store.ts';

const run = promisify(execFile);
/** Above every tool's threshold for multipart uploads. */
const LARGE = randomBytes(24 * 1024 * 1024);
const SMALL = Buffer.from('small');

let store: TestStore;
let folder: string;
before(async () => {
  store = await startTestStore();
  folder = await temporaryFolder();
  await mkdir(join(folder, 'out', 'sub dir'), { recursive: true });
  await writeFile(join(folder, 'out', 'large'), LARGE);
  await writeFile(join(folder, 'out', 'sub dir', 'ü & small'), SMALL);
});
after(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

function environment(): NodeJS.ProcessEnv {
  const { accessKeyId, secretAccessKey, region, endpoint } = store.credentials;
  // A bundle of certificates set for other stores would be asked for here in vain.
  const { AWS_CA_BUNDLE: _bundle, ...inherited } = process.env;
  return {
    ...inherited,
    HOME: folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: region,
    RCLONE_CONFIG_S_TYPE: 's3',
    RCLONE_CONFIG_S_PROVIDER: 'Other',
    RCLONE_CONFIG_S_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_S_SECRET_ACCESS_KEY: secretAccessKey,
    RCLONE_CONFIG_S_REGION: region,
    RCLONE_CONFIG_S_ENDPOINT: endpoint,
  };
}

/** Commands that bring `out` to the bucket below a prefix, back to `back`, and delete it there. */
const tools: Record<string, () => readonly (readonly string[])[]> = {
  aws: () => {
    const at = ['--endpoint-url', store.credentials.endpoint];
    return [
      [...at, 's3', 'sync', 'out', 's3://valise/aws'],
      [...at, 's3', 'sync', 's3://valise/aws', 'back'],
      [...at, 's3', 'rm', '--recursive', 's3://valise/aws'],
    ];
  },
  rclone: () => [
    ['copy', '--s3-upload-cutoff', '8M', '--s3-chunk-size', '8M', 'out', 's:valise/rclone'],
    ['check', 'out', 's:valise/rclone'],
    ['copy', 's:valise/rclone', 'back'],
    ['purge', 's:valise/rclone'],
  ],
  s3cmd: () => {
    const { accessKeyId, secretAccessKey, endpoint } = store.credentials;
    const { host } = new URL(endpoint);
    const keys = [`--access_key=${accessKeyId}`, `--secret_key=${secretAccessKey}`];
    const at = [...keys, '--no-ssl', `--host=${host}`, `--host-bucket=${host}`, '--region=valise'];
    return [
      [...at, 'sync', 'out/', 's3://valise/s3cmd/'],
      [...at, 'sync', 's3://valise/s3cmd/', 'back/'],
      [...at, 'del', '--recursive', '--force', 's3://valise/s3cmd/'],
    ];
  },
};

describe('tools that know S3', () => {
  for (const [tool, commands] of Object.entries(tools)) {
    const isThere = spawnSync(tool, ['--version']).status === 0;
    const isRequired = process.env.CI !== undefined;
    const skip = isThere || isRequired ? false : `${tool} is not installed`;
    it(`${tool} brings files there and back, and deletes them`, { skip }, async () => {
      await rm(join(folder, 'back'), { recursive: true, force: true });
      await mkdir(join(folder, 'back'));
      for (const args of commands()) await run(tool, args, { cwd: folder, env: environment() });
      assert.deepEqual(await readFile(join(folder, 'back', 'large')), LARGE);
      assert.deepEqual(await readFile(join(folder, 'back', 'sub dir', 'ü & small')), SMALL);
    });
  }
});
