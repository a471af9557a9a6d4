import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Api } from './harness/api.ts';
import { TestServer } from './harness/server.ts';
import { SyncDevice, untilStable } from './harness/sync-device.ts';

const ROUNDS = 5;
const STEPS = 10;
const NAMES = ['a', 'b'];

/**
 * The model of "Mysteries of Dropbox" (Hughes, Pierce et al., 2016): devices read, write and delete
 * a few files as they like, and now and then everything is let come to rest. Then all are the same,
 * and every value ever written is the current one, was overwritten or deleted by somebody who had
 * it before them, or lies in a conflicted copy. Values are of one size, so that writes within one
 * tick of the clock look alike. Here the agents are also killed.
 */
test('every value is current, was knowingly overwritten, or is in a conflicted copy', async () => {
  const seed = Number(process.env.SEED ?? 20_261_126);
  const next = random(seed);
  await using server = await TestServer.start();
  const root = await mkdtemp(join(tmpdir(), 'valise-mysteries-'));
  const account = await new Api(server.url).register();
  const devices = ['one', 'two'].map((name) => new SyncDevice(root, name));
  const owed = new Set<string>();
  const history: string[] = [];
  let count = 0;
  try {
    for (const device of devices) {
      await device.login(server.url, account);
      // More than any deletion here is half of.
      for (let file = 0; file < 8; file++) writeFileSync(join(device.folder, `z${file}`), 'z');
      device.start();
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (let step = 0; step < STEPS; step++) {
        const device = pick(devices, next);
        const path = join(device.folder, pick(NAMES, next));
        const roll = next();
        const time = new Date().toISOString().slice(14);
        if (roll < 0.15) {
          history.push(`${time} ${device.name} killed`);
          await device.kill();
          device.start();
        } else if (roll < 0.3) {
          history.push(`${time} ${device.name} deletes ${path.slice(-1)}: ${giveUp(owed, path)}`);
          rmSync(path, { force: true });
        } else {
          count++;
          const value = `value ${`${count}`.padStart(6, '0')}`;
          history.push(
            `${time} ${device.name} writes ${path.slice(-1)}: ${giveUp(owed, path)} to ${value}`,
          );
          writeFileSync(path, value);
          owed.add(value);
        }
        if (next() < 0.4) await new Promise((done) => setTimeout(done, next() * 300));
      }
      await untilStable(devices);
      const values = new Set(
        [...(devices[0]?.outline().values() ?? [])].map((text) =>
          Buffer.from(text.split(' ').at(-1) ?? '', 'base64').toString(),
        ),
      );
      for (const value of owed) {
        const story = [...history, ...devices.map(({ name, output }) => `${name}:\n${output}`)];
        assert.ok(values.has(value), `${value} is lost (SEED=${seed})\n${story.join('\n')}`);
      }
      history.push('at rest');
    }
  } finally {
    for (const device of devices) await device.kill();
    await rm(root, { recursive: true, force: true });
  }
});

/** What is there, which whoever writes or deletes next has seen. */
function giveUp(owed: Set<string>, path: string): string {
  try {
    const value = readFileSync(path, 'utf8');
    owed.delete(value);
    return value;
  } catch {
    return 'nothing';
  }
}

function pick<T>(items: readonly T[], next: () => number): T {
  const item = items[Math.floor(next() * items.length)];
  if (item === undefined) throw new Error('Nothing to pick from.');
  return item;
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 4_294_967_296;
  };
}
