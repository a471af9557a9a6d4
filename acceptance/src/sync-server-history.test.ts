import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Api } from './harness/api.ts';
import { TestServer } from './harness/server.ts';
import { SyncDevice } from './harness/sync-device.ts';

describe('a server with another history, and the folders of two devices', () => {
  let root: string;
  let server: TestServer;
  let laptop: SyncDevice;
  let desktop: SyncDevice;
  const here = (path: string) => join(laptop.folder, path);
  const there = (path: string) => join(desktop.folder, path);
  const syncAll = async () => {
    for (const device of [laptop, desktop, laptop]) {
      const { code, stderr } = await device.once();
      assert.equal(code, 0, stderr);
    }
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-history-'));
    server = await TestServer.start();
    laptop = new SyncDevice(root, 'laptop');
    desktop = new SyncDevice(root, 'desktop');
    const account = await new Api(server.url).register();
    for (const device of [laptop, desktop]) await device.login(server.url, account);
    for (let count = 0; count < 8; count++) await writeFile(here(`f${count}`), `${count}`);
    await syncAll();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  test('restored from an older backup: nothing older wins, nothing new is lost', async () => {
    await server.stop();
    const backup = join(root, 'backup');
    await cp(server.data, backup, { recursive: true });
    server = await server.restart();
    await writeFile(here('f0'), 'edited since');
    await writeFile(there('f1'), 'edited since, there');
    await rename(here('f2'), here('moved since'));
    await writeFile(here('new since'), 'new');
    await syncAll();
    const outline = laptop.outline();

    await server.stop();
    await rm(server.data, { recursive: true });
    await cp(backup, server.data, { recursive: true });
    server = await server.restart();
    await syncAll();
    assert.deepEqual(desktop.outline(), laptop.outline());
    const contents = new Set(laptop.outline().values());
    for (const [name, what] of outline) assert.ok(contents.has(what), `${name} is lost`);
    for (const [name, what] of [
      ['f0', 'edited since'],
      ['f1', 'edited since, there'],
      ['new since', 'new'],
    ] as const) {
      assert.equal(await readFile(there(name), 'utf8'), what);
    }
  });

  test('new and empty: what is here is sent, the second device brings nothing twice', async () => {
    const outline = laptop.outline();
    await server[Symbol.asyncDispose]();
    server = await TestServer.start();
    const account = await new Api(server.url).register();
    for (const device of [laptop, desktop]) {
      // The login of before is none of the new server's.
      assert.notEqual((await device.once()).code, 0);
      await device.login(server.url, account);
    }
    await syncAll();
    assert.deepEqual(laptop.outline(), outline);
    assert.deepEqual(desktop.outline(), outline);
  });
});
