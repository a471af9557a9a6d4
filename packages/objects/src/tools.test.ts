import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { DeleteObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { startTestStore, type TestStore, temporaryFolder } from './test-store.ts';

/*
 * Tools that know S3, unchanged and with nothing but address and keys, each through its usual
 * verbs. What they print is looked at where it is what people go by.
 */

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
beforeEach(async () => {
  await rm(join(folder, 'back'), { recursive: true, force: true });
  await mkdir(join(folder, 'back'));
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

async function call(tool: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(tool, args, { cwd: folder, env: environment() });
  return stdout;
}

const aws = (...args: readonly string[]): Promise<string> =>
  call('aws', '--endpoint-url', store.credentials.endpoint, ...args);
const rclone = (...args: readonly string[]): Promise<string> => call('rclone', ...args);
const s3cmd = (...args: readonly string[]): Promise<string> => {
  const { accessKeyId, secretAccessKey, endpoint } = store.credentials;
  const { host } = new URL(endpoint);
  const keys = [`--access_key=${accessKeyId}`, `--secret_key=${secretAccessKey}`];
  const at = ['--no-ssl', `--host=${host}`, `--host-bucket=${host}`, '--region=valise'];
  return call('s3cmd', ...keys, ...at, ...args);
};

async function keysBelow(Prefix: string): Promise<string[]> {
  const keys: string[] = [];
  const pages = paginateListObjectsV2({ client: store.client }, { Bucket: 'valise', Prefix });
  for await (const { Contents = [] } of pages) keys.push(...Contents.map(({ Key = '' }) => Key));
  return keys.map((key) => key.slice(Prefix.length));
}

async function cameBack(): Promise<void> {
  assert.ok((await readFile(join(folder, 'back', 'large'))).equals(LARGE));
  assert.deepEqual(await readFile(join(folder, 'back', 'sub dir', 'ü & small')), SMALL);
}

/** Skipped where the tool isn't installed; in CI it is, and must be. */
function withTool(tool: string, name: string, work: (test: TestContext) => Promise<void>): void {
  const isThere = spawnSync(tool, ['--version']).status === 0;
  const isRequired = process.env.CI !== undefined;
  it(name, { skip: isThere || isRequired ? false : `${tool} is not installed` }, work);
}

describe('aws', () => {
  withTool('aws', 'syncs there and back, and only what has changed', async () => {
    await aws('s3', 'sync', 'out', 's3://valise/aws');
    assert.deepEqual(await keysBelow('aws/'), ['large', 'sub dir/ü & small']);
    assert.equal((await aws('s3', 'sync', 'out', 's3://valise/aws')).trim(), '');
    await aws('s3', 'sync', 's3://valise/aws', 'back');
    await cameBack();
    await store.client.send(new DeleteObjectCommand({ Bucket: 'valise', Key: 'aws/large' }));
    await aws('s3', 'sync', '--delete', 's3://valise/aws', 'back');
    await assert.rejects(readFile(join(folder, 'back', 'large')), { code: 'ENOENT' });
    await aws('s3', 'rm', '--recursive', 's3://valise/aws');
    assert.deepEqual(await keysBelow('aws/'), []);
  });

  withTool('aws', 'copies, lists, moves, streams and signs single objects', async () => {
    await aws('s3', 'cp', 'out/large', 's3://valise/one/large');
    // Above its threshold: a copy by parts, each a range.
    await aws('s3', 'cp', 's3://valise/one/large', 's3://valise/one/copy');
    const listing = await aws('s3', 'ls', '--recursive', '--summarize', 's3://valise/one/');
    assert.match(listing, /25165824 one\/copy\n.*25165824 one\/large\n/);
    assert.match(listing, /Total Objects: 2\s+Total Size: 50331648/);
    assert.match(await aws('s3', 'ls', 's3://valise/'), /PRE one\//);
    assert.match(await aws('s3', 'ls'), /valise/);
    await aws('s3', 'mv', 's3://valise/one/copy', 'back/moved');
    assert.ok((await readFile(join(folder, 'back', 'moved'))).equals(LARGE));
    assert.deepEqual(await keysBelow('one/'), ['large']);
    const url = (await aws('s3', 'presign', 's3://valise/one/large')).trim();
    const answer = await fetch(url, { headers: { range: 'bytes=5-9' } });
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(LARGE.subarray(5, 10)));
    const range = ['--range', 'bytes=0-4', 'back/part'];
    await aws('s3api', 'get-object', '--bucket', 'valise', '--key', 'one/large', ...range);
    assert.ok((await readFile(join(folder, 'back', 'part'))).equals(LARGE.subarray(0, 5)));
    await aws('s3', 'rm', 's3://valise/one/large');
  });

  withTool('aws', 'makes and removes buckets', async () => {
    await aws('s3', 'mb', 's3://second');
    await aws('s3', 'cp', 'out/sub dir/ü & small', 's3://second/x');
    await assert.rejects(aws('s3', 'rb', 's3://second'), /BucketNotEmpty/);
    await aws('s3', 'rb', '--force', 's3://second');
    await assert.rejects(aws('s3', 'ls', 's3://second'), /NoSuchBucket/);
  });
});

describe('rclone', () => {
  withTool('rclone', 'copies, checks, lists, syncs, moves and purges', async () => {
    const parts = ['--s3-upload-cutoff', '8M', '--s3-chunk-size', '8M'];
    await rclone('copy', ...parts, 'out', 's:valise/rclone');
    await rclone('check', 'out', 's:valise/rclone');
    await rclone('check', '--download', 'out', 's:valise/rclone');
    assert.match(await rclone('size', 's:valise/rclone'), /Total objects: 2 .*\n.*25165829/);
    assert.match(await rclone('lsl', 's:valise/rclone'), /\d+-\d\d-\d\d .* sub dir\/ü & small/);
    assert.deepEqual((await rclone('lsf', 's:valise/rclone')).trim().split('\n'), [
      'large',
      'sub dir/',
    ]);
    // Its times are metadata: they survive, and a second run has nothing to do.
    const { stderr } = await run('rclone', ['sync', '-v', 'out', 's:valise/rclone'], {
      cwd: folder,
      env: environment(),
    });
    assert.match(stderr, /There was nothing to transfer/);
    await rclone('copy', 's:valise/rclone', 'back');
    await cameBack();
    await rclone('moveto', 's:valise/rclone/large', 's:valise/rclone/renamed');
    assert.deepEqual(await keysBelow('rclone/'), ['renamed', 'sub dir/ü & small']);
    assert.equal(await rclone('cat', 's:valise/rclone/sub dir/ü & small'), 'small');
    await rclone('deletefile', 's:valise/rclone/renamed');
    await rclone('purge', 's:valise/rclone');
    assert.deepEqual(await keysBelow('rclone/'), []);
  });
});

describe('s3cmd', () => {
  withTool('s3cmd', 'puts, lists, tells sizes, copies, gets, syncs and deletes', async () => {
    await s3cmd('put', 'out/large', 's3://valise/s3cmd/large');
    await s3cmd('put', 'out/sub dir/ü & small', 's3://valise/s3cmd/sub dir/ü & small');
    assert.match(await s3cmd('la'), /DIR\s+s3:\/\/valise\/s3cmd\//);
    assert.match(await s3cmd('ls', 's3://valise/s3cmd/'), /DIR\s+s3:\/\/valise\/s3cmd\/sub dir\//);
    assert.match(await s3cmd('du', 's3://valise/s3cmd/'), /^\s*25165829\s+2 objects/);
    assert.match(await s3cmd('info', 's3://valise/s3cmd/large'), /File size:\s+25165824/);
    await s3cmd('cp', 's3://valise/s3cmd/large', 's3://valise/s3cmd/copy');
    await s3cmd('get', 's3://valise/s3cmd/copy', 'back/copy');
    assert.ok((await readFile(join(folder, 'back', 'copy'))).equals(LARGE));
    await s3cmd('del', 's3://valise/s3cmd/copy');
    await s3cmd('sync', 'out/', 's3://valise/s3cmd/');
    await s3cmd('sync', 's3://valise/s3cmd/', 'back/');
    await cameBack();
    const url = (await s3cmd('signurl', 's3://valise/s3cmd/large', '+60')).trim();
    // It signs URLs by the second version, which nobody here takes: said, not served.
    assert.ok((await fetch(url)).status >= 400);
    await s3cmd('del', '--recursive', '--force', 's3://valise/s3cmd/');
    assert.deepEqual(await keysBelow('s3cmd/'), []);
  });
});
