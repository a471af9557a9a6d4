import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  type Answer,
  Api,
  assertSameBytes,
  download,
  expectStatus,
  upload,
} from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';

const run = promisify(execFile);
const MiB = 1024 * 1024;
const skip = process.getuid?.() !== 0 && 'only root may mount small disks';
/** More than any database lets into the pages it has. */
const MOST_CALLS = 2_000;

describe('a full disk of the database', { skip }, () => {
  let data: string;
  let server: TestServer;
  let api: Api;
  const disk = () => join(data, 'postgres');
  const ballast = () => join(disk(), 'ballast');

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'valise-full-db-'));
    server = await TestServer.start({ data });
    await server.stop();
    await moveToSmallDisk();
    server = await server.restart();
    const guest = new Api(server.url);
    api = guest.as(await guest.register());
  });
  after(async () => {
    await server.stop();
    await run('umount', [disk()]);
    await rm(data, { recursive: true });
  });

  async function moveToSmallDisk(): Promise<void> {
    const moved = `${disk()}.moved`;
    await rename(disk(), moved);
    await mkdir(disk());
    const options = 'size=200m,mode=0755';
    await run('mount', ['-t', 'tmpfs', '-o', options, 'valise-test', disk()]);
    await run('cp', ['-a', `${moved}/.`, disk()]);
    await rm(moved, { recursive: true });
  }

  /** Until not a byte more goes in. */
  async function fill(): Promise<void> {
    const file = await open(ballast(), 'w');
    try {
      for (let size = MiB; size >= 512; ) {
        await file.write(Buffer.alloc(size)).catch((error: NodeJS.ErrnoException) => {
          assert.equal(error.code, 'ENOSPC');
          size /= 2;
        });
      }
    } finally {
      await file.close();
    }
  }

  const makeFolder = (n: number): Promise<Answer> =>
    api.post('/folders', { name: `folder ${n}`, parentId: null });

  test('changes are refused as such, what was acknowledged stays, room lets it go on', async () => {
    const content = pseudoRandom('kept', 1000);
    const kept = await upload(api, { name: 'kept', content });
    await fill();
    const made: string[] = [];
    let refused: Answer | undefined;
    for (let n = 0; n < MOST_CALLS && refused === undefined; n++) {
      const answer = await makeFolder(n);
      if (answer.status === 201) made.push(answer.body.file.id);
      else refused = answer;
    }
    assert.ok(refused !== undefined, 'the disk was full');
    // 503: the database may go down over it and come back.
    assert.ok([503, 507].includes(refused.status), JSON.stringify(refused.body));
    assert.ok(refused.headers.has('retry-after'));
    expectStatus(await new Api(server.url).get('/healthz'), 200);
    await rm(ballast());
    await untilWritable();
    for (const id of made) expectStatus(await api.get(`/files/${id}`), 200);
    assertSameBytes(await download(api, kept.id), content);
  });

  async function untilWritable(): Promise<void> {
    for (let n = MOST_CALLS; ; n++) {
      const { status, body, headers } = await makeFolder(n);
      if (status === 201) return;
      assert.ok([503, 507].includes(status) && n < MOST_CALLS + 600, JSON.stringify(body));
      assert.ok(headers.has('retry-after'));
      await new Promise((done) => setTimeout(done, 100));
    }
  }
});
