import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openFileLock, untilTaken } from './file-lock.ts';
import { createPartMembership } from './part-membership.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valise-lock-'));
});
after(() => rm(folder, { recursive: true }));

test('many share a lock, one has it alone, and a held one is not taken twice', () => {
  const path = join(folder, 'a.lock');
  const [a, b, c] = [openFileLock(path), openFileLock(path), openFileLock(path)];
  assert.ok(a.tryShared());
  assert.ok(b.tryShared());
  assert.equal(c.tryExclusive(), false);
  a.release();
  assert.equal(c.tryExclusive(), false);
  b.release();
  assert.ok(c.tryExclusive());
  assert.equal(c.tryExclusive(), false);
  assert.equal(a.tryShared(), false);
  assert.equal(b.tryExclusive(), false);
  c.close();
  assert.ok(b.tryExclusive());
  a.close();
  b.close();
});

test('a lock ends with its holder, who is killed', async () => {
  const path = join(folder, 'killed.lock');
  const script = `
    const { openFileLock } = await import(${JSON.stringify(new URL('./file-lock.ts', import.meta.url))});
    openFileLock(${JSON.stringify(path)}).tryExclusive();
    console.log('held');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const lock = openFileLock(path);
  assert.equal(lock.tryExclusive(), false);
  child.kill('SIGKILL');
  await untilTaken(lock.tryExclusive, AbortSignal.timeout(5_000));
  lock.close();
});

test('waiting for a lock ends when aborted', async () => {
  await assert.rejects(
    untilTaken(() => false, AbortSignal.timeout(10)),
    { name: 'AbortError' },
  );
});

test('the part is started by the first, stopped by the last, and never both at once', async () => {
  let running = 0;
  let starts = 0;
  let stops = 0;
  const server = async () => {
    const membership = createPartMembership(folder);
    await membership.join(async () => {
      if (running === 0) starts++;
      running = 1;
    });
    assert.equal(running, 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(running, 1, 'a part in use was stopped');
    return membership.leave(async () => {
      stops++;
      running = 0;
    });
  };
  const left = await Promise.all(Array.from({ length: 12 }, server));
  assert.equal(running, 0);
  assert.equal(starts, stops);
  assert.equal(left.filter(Boolean).length, stops);
});

test('who fails to start the part lets the next one try', async () => {
  const membership = createPartMembership(folder);
  await assert.rejects(
    membership.join(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await createPartMembership(folder).join(async () => 'yes'), 'yes');
});
