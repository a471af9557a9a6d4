import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { missingPrograms } from './cluster.ts';

const script = (name: string) => join(import.meta.dirname, name);
const missing = await missingPrograms();
const skip = missing.length > 0 && !process.env.CI ? `${missing.join(', ')} not found` : false;

function run(name: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, [script(name), ...args], { encoding: 'utf8' });
}

describe('a Ceph gateway of our own', { skip }, () => {
  test('comes up, goes down, and comes up again where it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'valise-ceph-test-'));
    const first = run('up.ts', folder, '0');
    assert.equal(first.status, 0, first.stderr);
    const endpoint = /^S3_ENDPOINT=(.+)$/m.exec(first.stdout)?.[1] ?? '';
    assert.match(endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(await (await fetch(endpoint)).text(), /ListAllMyBuckets/);
    const pid = await readFile(join(folder, 'run/rgw.pid'), 'utf8');
    assert.equal(run('up.ts', folder, '0').stdout, first.stdout);
    assert.equal(await readFile(join(folder, 'run/rgw.pid'), 'utf8'), pid);
    assert.equal(run('down.ts', folder).status, 0);
    await assert.rejects(fetch(endpoint));
    assert.equal(run('up.ts', folder, '0').stdout, first.stdout);
    assert.equal(run('down.ts', folder, '--wipe').status, 0);
    await assert.rejects(fetch(endpoint));
    assert.equal(existsSync(folder), false);
  });

  test('ends when the one who holds it is gone', async () => {
    const holder = spawn(process.execPath, [script('hold.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(holder.stdout, 'data')) as [Buffer];
    const { S3_ENDPOINT } = JSON.parse(line.toString()) as { S3_ENDPOINT: string };
    assert.equal((await fetch(S3_ENDPOINT)).status, 200);
    holder.stdin.end();
    const [code] = (await once(holder, 'exit')) as [number];
    assert.equal(code, 0);
    await assert.rejects(fetch(S3_ENDPOINT));
  });
});

test('calls without a folder say how it is done', () => {
  assert.equal(run('up.ts').status, 2);
  assert.equal(run('down.ts').status, 2);
  assert.equal(run('with.ts').status, 2);
});
