import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api } from './harness/api.ts';
import { TestServer } from './harness/server.ts';
import { SyncDevice, untilStable } from './harness/sync-device.ts';
import { act, type Case, cases, faultOf, phasesOf } from './harness/two-party-cases.ts';

const SMALL = 1;
const ONE_PART = 100_000;
/** More than one PUT carries. */
const MANY_PARTS = 9 * 1024 * 1024;
/** What has contents at stake on both sides; the others differ in names alone. */
const WITH_CONTENT = /^(edit|create) \/|^(rename|delete folder) \/ edit|same size/;

interface Mode {
  readonly name: string;
  /** Who runs while the two act. */
  readonly laptop: boolean;
  readonly desktop: boolean;
  /** Agents die and start again and again until they are through. */
  readonly isKilled?: boolean;
}

const MODES: readonly Mode[] = [
  { name: 'both online', laptop: true, desktop: true },
  { name: 'one offline', laptop: true, desktop: false },
  { name: 'both offline', laptop: false, desktop: false },
  { name: 'killed again and again', laptop: false, desktop: false, isKilled: true },
];

interface Trial {
  readonly one: Case;
  readonly size: number;
  /** Of one trial, in each device's folder. */
  readonly folder: string;
  readonly phases: Readonly<Record<'before' | 'd0' | 'd1', readonly string[][]>>;
}

/** Every case in every size that it can tell apart. */
const TRIALS: readonly Trial[] = Object.entries({
  small: SMALL,
  whole: ONE_PART,
  parts: MANY_PARTS,
})
  .flatMap(([name, size]) =>
    cases.map((one, number) => ({ one, size, folder: `${name} ${number}` })),
  )
  .filter(({ one, size }) => size < MANY_PARTS || WITH_CONTENT.test(one.name))
  .map((trial) => {
    const { before, d0, d1 } = trial.one;
    const phases = { before: phasesOf(before), d0: phasesOf(d0), d1: phasesOf(d1) };
    return { ...trial, phases };
  });
const PHASES = Math.max(...TRIALS.map(({ phases }) => phases.d0.length));

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

  for (const mode of MODES) {
    const place = (device: SyncDevice, { folder }: Trial) => join(device.folder, mode.name, folder);
    const perform = (
      device: SyncDevice,
      { side, phase = 0 }: { readonly side: 'before' | 'd0' | 'd1'; readonly phase?: number },
      trials = TRIALS,
    ) => {
      for (const trial of trials) {
        for (const step of trial.phases[side][phase] ?? []) {
          act(place(device, trial), step, trial.size);
        }
      }
    };

    test(mode.name, async (t) => {
      for (const trial of TRIALS) mkdirSync(place(laptop, trial), { recursive: true });
      perform(laptop, { side: 'before' });
      laptop.start();
      desktop.start();
      await untilStable([laptop, desktop]);
      if (!mode.laptop) await laptop.kill();
      if (!mode.desktop) await desktop.kill();
      const running = [...(mode.laptop ? [laptop] : []), ...(mode.desktop ? [desktop] : [])];
      const isAtOnce = running.length === 2;
      for (const trial of TRIALS) {
        perform(laptop, { side: 'd0' }, [trial]);
        // Without a pause between the two, so that neither has heard of the other.
        if (isAtOnce) perform(desktop, { side: 'd1' }, [trial]);
      }
      // What one agent is to see before more is done.
      for (let phase = 1; phase < PHASES; phase++) {
        await untilStable(running);
        perform(laptop, { side: 'd0', phase });
      }
      if (!isAtOnce) {
        await untilStable(running);
        perform(desktop, { side: 'd1' });
      }
      const isKilled = mode.isKilled === true;
      if (isKilled) await killAgainAndAgain([laptop, desktop]);
      if (!mode.laptop) laptop.start();
      if (!mode.desktop) desktop.start();
      await untilStable([laptop, desktop]);
      for (const trial of TRIALS) {
        await t.test(`${trial.one.name}, ${trial.folder.split(' ')[0]}`, () => {
          assert.equal(faultOf(trial.one, place(laptop, trial), { isKilled, isAtOnce }), null);
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
