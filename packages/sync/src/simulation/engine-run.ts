import { diskOf, PLAIN_DISK } from '../fakes/disk-traits.ts';
import { FAIR, type Weather } from '../fakes/fake-ports.ts';
import { act, fill, open, rewriteAll } from './people.ts';
import type { SimDevice } from './sim-device.ts';
import { SimWorld } from './sim-world.ts';

/** In one of so many worlds there is much, and now and then all of it is rewritten. */
const FULL_EVERY = 10;

const STORM: Weather = { lost: 0.1, replyLost: 0.1, doubled: 0.1, silent: 0.03, full: 0.1 };

export interface EngineRun {
  readonly log: readonly string[];
  /** So often somebody was asked whether most files were meant to be rewritten. */
  readonly editQuestions: number;
}

/**
 * The whole engine on several devices: people do things while calls get lost, doubled and late,
 * agents are killed and wake up with an older memory, clocks jump, cursors expire. Whenever the
 * storm is over, everything must agree and nothing be lost. Answers what happened; throws with it.
 */
export async function runEngines(seed: number): Promise<EngineRun> {
  const traits = [PLAIN_DISK, diskOf(seed), PLAIN_DISK, PLAIN_DISK];
  const devices = seed % 7 === 0 ? 4 : seed % 5 === 0 ? 3 : 2;
  const world = new SimWorld(seed, traits.slice(0, devices));
  try {
    for (const device of world.devices) device.start();
    const isFull = seed % FULL_EVERY === 0;
    if (isFull) await begin(world);
    const storms = 1 + world.random.below(2);
    for (let storm = 0; storm < storms; storm++) {
      await blow(world, isFull ? rewriteAll : undefined);
      await world.expectAgreement();
    }
    const { log, editQuestions } = world;
    return { log, editQuestions };
  } catch (cause) {
    throw new Error(`${cause}\n${world.log.join('\n')}`, { cause });
  }
}

async function begin(world: SimWorld): Promise<void> {
  const [first] = world.devices;
  if (first !== undefined) fill(world, first);
  await world.pass(10_000);
}

/** `also`: something else that happens now and then. */
export async function blow(
  world: SimWorld,
  also?: (world: SimWorld, device: SimDevice) => void,
): Promise<void> {
  const { random } = world;
  const happenings = 2 + random.below(14);
  const isRough = random.chance(0.7);
  for (let count = 0; count < happenings; count++) {
    const device = random.pick(world.devices);
    const roll = random.next();
    device.weather = isRough && random.chance(0.6) ? STORM : FAIR;
    if (also !== undefined && random.chance(0.25)) also(world, device);
    else if (roll < 0.75 || !isRough) act(world, device);
    else happen(world, device);
    if (device.disk.traits.locksFiles && random.chance(0.3)) open(world, device);
    if (random.chance(0.6)) await world.pass(random.below(random.pick([5, 60, 400, 5_000])));
    for (const one of world.devices) {
      const roll = random.next();
      if (roll < 0.3) one.push();
      else if (roll < 0.5 && one.isRunning) one.engine.remoteHint();
    }
    if (random.chance(0.2)) for (const one of world.devices) one.keepSnapshot();
    if (random.chance(0.2)) world.backup = world.server.backUp();
  }
}

function happen(world: SimWorld, device: SimDevice): void {
  const { random } = world;
  const roll = random.next();
  if (!device.isRunning) {
    world.note(`${device.name} starts`);
    device.start();
  } else if (roll < 0.4) {
    const older = random.chance(0.4);
    world.note(`${device.name} is killed${older ? ' and remembers less' : ''}`);
    device.crash({ older });
    if (random.chance(0.6)) device.start();
  } else if (roll < 0.5) {
    world.note(`${device.name} forgets all`);
    device.forgetAll();
    world.lostTrack = true;
  } else if (roll < 0.7) {
    world.note(`${device.name} clock jumps`);
    device.clockOffset = random.pick([-86_400_000, 86_400_000, 0]);
  } else if (roll < 0.85) {
    world.note('cursors expire');
    world.server.expireCursors();
  } else if (roll < 0.92) {
    world.note('the feed begins anew');
    world.server.beginAnew();
  } else {
    world.note('the server is restored from a backup');
    world.restore();
  }
}
