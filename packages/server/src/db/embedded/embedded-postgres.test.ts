import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { untilGone } from '../../run/process-status.ts';
import { createEmbeddedPostgres } from './embedded-postgres.ts';
import { findPostmaster } from './postmaster.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-pg-'));
  t.after(() => remove(folder));
  return folder;
}

async function remove(folder: string): Promise<void> {
  await createEmbeddedPostgres(folder).stop();
  await rm(folder, { recursive: true });
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function pidOf(folder: string): Promise<number> {
  const pid = await findPostmaster(join(folder, 'data'));
  assert.ok(pid !== undefined, 'PostgreSQL does not run');
  return pid;
}

test('first start, adoption, death, clean stop, warm start: nothing is lost', async (t) => {
  const folder = await newFolder(t);
  const first = createEmbeddedPostgres(folder);
  assert.equal(await first.isRunning(), false);
  const url = await first.ensure();
  assert.equal(await first.isRunning(), true);
  await query(url, 'CREATE TABLE kept (n integer); INSERT INTO kept VALUES (1)');
  const pid = await pidOf(folder);

  // The next server knows nothing but the folder.
  const second = createEmbeddedPostgres(folder);
  assert.equal(await second.ensure(), url);
  assert.equal(await pidOf(folder), pid);

  process.kill(pid, 'SIGKILL');
  assert.ok(await untilGone(async () => !(await second.isRunning()), 5_000));
  assert.equal(await second.ensure(), url);
  assert.notEqual(await pidOf(folder), pid);

  await second.stop();
  assert.equal(await second.isRunning(), false);
  assert.equal(await first.ensure(), url);
  assert.deepEqual(await query(url, 'SELECT n FROM kept'), [{ n: 1 }]);
});

describe('one database', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'valise-pg-'));
  });
  after(() => remove(folder));

  test('durable, in UTF-8, with checksums, for those who know the password alone', async () => {
    const url = await createEmbeddedPostgres(folder).ensure();
    const settings = await query(
      url,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
       current_setting('full_page_writes') AS pages, current_setting('data_checksums') AS checksums,
       current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS address,
       lower('ÄÉ') AS lower`,
    );
    assert.deepEqual(settings, [
      {
        fsync: 'on',
        commits: 'on',
        pages: 'on',
        checksums: 'on',
        encoding: 'UTF8',
        address: '127.0.0.1',
        lower: 'äé',
      },
    ]);
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await assert.rejects(query(wrong.href, 'SELECT 1'), { code: '28P01' });
    assert.equal((await stat(join(folder, 'connection.json'))).mode & 0o777, 0o600);
  });

  test('a pid file whose process is another program by now does not keep it from starting', async () => {
    const postgres = createEmbeddedPostgres(folder);
    await postgres.ensure();
    const pidFile = join(folder, 'data', 'postmaster.pid');
    const content = await readFile(pidFile, 'utf8');
    await postgres.stop();
    // As after a power cut: ours is the pid that the number has come to mean.
    await writeFile(pidFile, content.replace(/^\d+/, String(process.ppid)), { mode: 0o600 });
    assert.equal(await postgres.isRunning(), false);
    await postgres.ensure();
    assert.equal(await postgres.isRunning(), true);
  });

  test('a lost connection.json is not answered with a new database', async () => {
    const postgres = createEmbeddedPostgres(folder);
    await postgres.stop();
    await rm(join(folder, 'connection.json'));
    await assert.rejects(postgres.ensure(), /restore that file/);
  });
});

test('data of another PostgreSQL version is refused and left alone', async (t) => {
  const folder = await newFolder(t);
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'PG_VERSION'), '17\n');
  await assert.rejects(createEmbeddedPostgres(folder).ensure(), /made by PostgreSQL 17/);
});

test('for root, data of an ordinary user is served as that user', { skip: !isRoot }, async (t) => {
  const folder = await newFolder(t);
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'data'), { mode: 0o700 });
  await chown(join(folder, 'data'), NOBODY, NOBODY);
  const postgres = createEmbeddedPostgres(folder);
  await postgres.ensure();
  const { uid } = await stat(`/proc/${await pidOf(folder)}`);
  assert.equal(uid, NOBODY);
});

test('the same as an ordinary user', { skip: !isRoot }, async () => {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  await promisify(execFile)(
    'setpriv',
    [
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      process.execPath,
      '--test',
      '--test-name-pattern=first start',
      import.meta.filename,
    ],
    { env: environment },
  );
});
