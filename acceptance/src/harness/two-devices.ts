import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { Api } from './api.ts';
import { TestServer } from './server.ts';
import { SyncDevice } from './sync-device.ts';

export interface TwoDevices {
  readonly laptop: SyncDevice;
  readonly desktop: SyncDevice;
  /** A path in the laptop's folder; in the desktop's. */
  here(path: string): string;
  there(path: string): string;
}

/** For a suite: one server, and for each test two devices of a new person. */
export function twoDevices(): TwoDevices {
  const root = join(tmpdir(), `valise-sync-${randomUUID()}`);
  const laptop = new SyncDevice(root, 'laptop');
  const desktop = new SyncDevice(root, 'desktop');
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    await mkdir(root);
    const account = await new Api(server.url).register();
    await Promise.all([laptop, desktop].map((device) => device.login(server.url, account)));
  });
  afterEach(async () => {
    await Promise.all([laptop.kill(), desktop.kill()]);
    await rm(root, { recursive: true, force: true });
  });
  return {
    laptop,
    desktop,
    here: (path) => join(laptop.folder, path),
    there: (path) => join(desktop.folder, path),
  };
}
