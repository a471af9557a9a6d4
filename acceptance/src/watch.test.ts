import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Api, expectStatus, type Json } from './harness/api.ts';
import { valise } from './harness/cli.ts';
import { freePorts, TestServer } from './harness/server.ts';

test('watch outlives a restart of its server and shows what changed meanwhile', {
  timeout: 120_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), 'valise-watch-'));
  let server = await TestServer.start();
  // Another server of the same installation: there things can change while the first is away.
  const [port, ops] = await freePorts(2);
  const other = TestServer.launch(server.data, {
    ...server.env,
    VALISE_PORT: String(port),
    VALISE_OPS_PORT: String(ops),
  });
  try {
    await other.untilReady();
    const account = await new Api(server.url).register();
    const { email, password } = account;
    const login = ['login', server.url, '--email', email, '--password-stdin'];
    assert.equal((await valise(login, { home, input: password })).code, 0);
    const there = new Api(other.url).as(account);
    const folder = async (name: string) =>
      expectStatus(await there.post('/folders', { name, parentId: null }), 201);

    let watcher: ChildProcess | undefined;
    const lines = printed();
    const ended = valise(['watch', '--json'], {
      home,
      onStart(child) {
        watcher = child;
        if (child.stdout !== null) createInterface(child.stdout).on('line', lines.push);
      },
    });
    await lines.until(({ type }) => type === 'watching');
    await folder('before');
    await lines.until(({ path }) => path === '/before');
    await server.kill();
    await lines.until(({ type, state }) => type === 'connection' && state === 'down');
    await folder('meanwhile');
    server = await server.restart();
    await lines.until(({ path }) => path === '/meanwhile');
    await folder('after');
    await lines.until(({ path }) => path === '/after');
    watcher?.kill('SIGINT');
    assert.equal((await ended).code, 130);
    const changes = lines.all.filter(({ type }) => type === 'change');
    assert.deepEqual(
      changes.map(({ action, path }) => `${action} ${path}`),
      ['added /before', 'added /meanwhile', 'added /after'],
      'each once',
    );
  } finally {
    await other.stop();
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  }
});

/** The JSON lines of a command that still runs. */
function printed() {
  const all: Json[] = [];
  let wake: () => void = () => undefined;
  return {
    all,
    push(text: string) {
      all.push(JSON.parse(text));
      wake();
    },
    async until(isIt: (line: Json) => boolean): Promise<void> {
      while (!all.some(isIt)) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
    },
  };
}
