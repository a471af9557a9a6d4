import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { runValise } from '../testing/run-valise.ts';
import { startTestServer } from '../testing/test-server.ts';

test('watch shows what changes until Ctrl-C', { timeout: 60_000 }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'valise-watch-'));
  const server = await startTestServer(process.env);
  try {
    const env = { ...process.env, VALISE_HOME: join(root, 'home') };
    const valise = (...args: string[]) =>
      runValise(args, { env, cwd: root, input: 'correct horse\n' });
    const account = ['--register', '--name', 'Ann', '--email', 'ann@example.org'];
    await valise('login', server.url, ...account, '--password-stdin');
    await valise('mkdir', 'old');
    let watcher: ChildProcess | undefined;
    const lines: Record<string, unknown>[] = [];
    const steps = [
      () => void valise('mkdir', 'old/new'),
      () => void valise('rm', 'old'),
      () => undefined,
      () => watcher?.kill('SIGINT'),
    ];
    const ended = await runValise(['watch', '--json'], {
      env,
      cwd: root,
      onStart(child) {
        watcher = child;
        if (child.stdout === null) return;
        createInterface({ input: child.stdout }).on('line', (text) => {
          const line = JSON.parse(text);
          if (line.type === 'connection') return;
          lines.push(line);
          steps.shift()?.();
        });
      },
    });
    assert.equal(ended.code, 130, ended.stderr);
    assert.deepEqual(lines.map(({ type, action, path }) => [type, action, path]).slice(0, 2), [
      ['watching', undefined, undefined],
      ['change', 'added', '/old/new'],
    ]);
    const removed = lines.slice(2, 4).map(({ action, path }) => `${action} ${path}`);
    assert.deepEqual(removed.sort(), ['removed /old', 'removed /old/new']);
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
});
