import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Tokens } from '@valise/client';
import { fileTokenStore } from './file-token-store.ts';

const TOKENS: Tokens = {
  server: 'https://valise.test',
  user: { id: '01900000-0000-7000-8000-000000000001', email: 'ann@example.org', name: 'Ann' },
  device: { id: '01900000-0000-7000-8000-000000000002', name: 'laptop' },
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAt: 1,
};
let folder = '';

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'valise-login-')), 'new');
});

afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true });
});

describe('the login on disk', () => {
  test('comes back as it was saved, for its owner alone', async () => {
    const store = fileTokenStore(folder);
    assert.equal(await store.load(), null);
    await store.save(TOKENS);
    assert.deepEqual(await fileTokenStore(folder).load(), TOKENS);
    assert.equal((await stat(join(folder, 'login.json'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['login.json']);
    await store.clear();
    assert.equal(await store.load(), null);
  });

  test('a damaged file is no login', async () => {
    const store = fileTokenStore(folder);
    await store.save(TOKENS);
    for (const text of ['', '{', 'null', '{"server":"x"}']) {
      await writeFile(join(folder, 'login.json'), text);
      assert.equal(await store.load(), null);
    }
  });

  test('one holder at a time, in one process', async () => {
    const store = fileTokenStore(folder);
    const other = fileTokenStore(folder);
    let inside = 0;
    const turn = async () => {
      inside++;
      assert.equal(inside, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([store, other, store].map((one) => one.exclusively(turn)));
  });

  test('another process waits; a dead one holds nothing', async () => {
    const script = `
      import { fileTokenStore } from ${JSON.stringify(new URL('./file-token-store.ts', import.meta.url))};
      await fileTokenStore(${JSON.stringify(folder)}).exclusively(async () => {
        process.stdout.write('held');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    let entered = false;
    const waiting = fileTokenStore(folder).exclusively(async () => {
      entered = true;
    });
    assert.equal(entered, false);
    holder.kill('SIGKILL');
    await waiting;
    assert.equal(entered, true);
  });
});
