import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api } from './harness/api.ts';
import { TestServer } from './harness/server.ts';
import { SyncDevice, untilStable } from './harness/sync-device.ts';
import { act, type Case, cases, faultOf } from './harness/two-party-cases.ts';

const SMALL = 1;
const ONE_PART = 100_000;
/** More than one PUT carries. */
const MANY_PARTS = 9 * 1024 * 1024;
/** What has contents at stake on both sides; the others differ in names alone. */
const WITH_CONTENT = /^(edit|create) \/|^(rename|delete folder) \/ edit|same size/;

interface Mode {
  readonly name: string;
  readonly size: number;
  /** Who runs while the two act. */
  readonly laptop: boolean;
  readonly desktop: boolean;
  /** Agents die and start again and again until they are through. */
  readonly isKilled?: boolean;
  readonly cases: readonly Case[];
}

const large = cases.filter(({ name }) => WITH_CONTENT.test(name));
const MODES: readonly Mode[] = [
  { name: 'both online', size: SMALL, laptop: true, desktop: true, cases },
  { name: 'one offline', size: ONE_PART, laptop: true, desktop: false, cases },
  { name: 'both offline', size: SMALL, laptop: false, desktop: false, cases },
  {
    name: 'killed again and again',
    size: ONE_PART,
    laptop: false,
    desktop: false,
    isKilled: true,
    cases,
  },
  {
    name: 'of many parts, killed again and again',
    size: MANY_PARTS,
    laptop: false,
    desktop: false,
    isKilled: true,
    cases: large,
  },
];

/** All cases of a mode at once, each in a folder of its own: one server, two agents, real disks. */
describe('every case of two parties, with real agents', () => {
  let server: TestServer;
  let root: string;
  let laptop: SyncDevice;
  let desktop: SyncDevice;

  before(async () => {
    server = await TestServer.start();
    root = await mkdtemp(join(tmpdir(), 'valise-cases-'));
    const account = await new Api(server.url).register();
    laptop = new SyncDevice(root, 'laptop');
    desktop = new SyncDevice(root, 'desktop');
    await Promise.all([laptop, desktop].map((device) => device.login(server.url, account)));
  });
  after(async () => {
    await Promise.all([laptop.kill(), desktop.kill()]);
    await server[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  for (const [at, mode] of MODES.entries()) {
    const place = (device: SyncDevice, number: number) =>
      join(device.folder, `mode ${at}`, `case ${number}`);
    const perform = (device: SyncDevice, side: 'before' | 'd0' | 'd1', number: number) => {
      for (const step of mode.cases[number]?.[side] ?? []) {
        act(place(device, number), step, mode.size);
      }
    };

    test(mode.name, async (t) => {
      for (const number of mode.cases.keys()) {
        mkdirSync(place(laptop, number), { recursive: true });
        perform(laptop, 'before', number);
      }
      laptop.start();
      desktop.start();
      await untilStable([laptop, desktop]);
      if (!mode.laptop) await laptop.kill();
      if (!mode.desktop) await desktop.kill();
      if (mode.laptop && mode.desktop) {
        // Without a pause between the two, so that neither has heard of the other.
        for (const number of mode.cases.keys()) {
          perform(laptop, 'd0', number);
          perform(desktop, 'd1', number);
        }
      } else {
        for (const number of mode.cases.keys()) perform(laptop, 'd0', number);
        if (mode.laptop) await untilStable([laptop]);
        for (const number of mode.cases.keys()) perform(desktop, 'd1', number);
      }
      if (mode.isKilled === true) await killAgainAndAgain([laptop, desktop]);
      if (!mode.laptop) laptop.start();
      if (!mode.desktop) desktop.start();
      await untilStable([laptop, desktop]);
      const isKilled = mode.isKilled === true;
      const isAtOnce = mode.laptop && mode.desktop;
      for (const [number, one] of mode.cases.entries()) {
        await t.test(one.name, () => {
          assert.equal(faultOf(one, place(laptop, number), { isKilled, isAtOnce }), null);
        });
      }
      await Promise.all([laptop.stop(), desktop.stop()]);
    });
  }
});

/** Each time they come a little further. */
async function killAgainAndAgain(devices: readonly SyncDevice[]): Promise<void> {
  for (const life of [100, 300, 700]) {
    for (const device of devices) device.start();
    for (const device of devices) {
      await device.untilListening();
      await new Promise((done) => setTimeout(done, life));
      await device.kill();
    }
  }
}
