import { diskOf } from '../fakes/disk-traits.ts';
import type { SharedRole } from '../fakes/fake-files.ts';
import { ROOT } from '../tree/node.ts';
import { blow } from './engine-run.ts';
import type { SimDevice } from './sim-device.ts';
import { SimWorld } from './sim-world.ts';

const PEOPLE: readonly (readonly string[])[] = [
  ['ann', 'bob'],
  ['ann', 'bob', 'ann'],
  ['ann', 'bob', 'ann', 'bob'],
  ['ann', 'bob', 'cleo'],
];

/**
 * Devices of two or three people who share folders and files with one another, change roles and end
 * shares while everything else happens, too. Afterwards each device has what its person may see,
 * and nothing that anybody wrote is lost.
 */
export async function runSharing(seed: number): Promise<readonly string[]> {
  const people = PEOPLE[seed % PEOPLE.length] ?? [];
  const traits = people.map((_, index) => diskOf(index === 1 ? seed : 0));
  const world = new SimWorld(seed, traits, people);
  try {
    for (const device of world.devices) device.start();
    await begin(world);
    const storms = 1 + world.random.below(3);
    for (let storm = 0; storm < storms; storm++) {
      await blow(world, share);
      await world.expectAgreement();
    }
    return world.log;
  } catch (cause) {
    throw new Error(`${cause}\n${world.log.join('\n')}`, { cause });
  }
}

/** Everybody has something, and the first some of it already shared with the second. */
async function begin(world: SimWorld): Promise<void> {
  for (const [index, { disk }] of world.devices.entries()) {
    // Of another size each: that is all by which a disk without inodes tells two files of one moment apart.
    const content = world.count() + '.'.repeat(index);
    disk.makeFolder(`${index}`);
    disk.makeFolder(`${index}/in`);
    disk.write(`${index}/in/a`, content);
    world.owed.add(content);
  }
  await world.pass(10_000);
  const [first, second] = world.devices;
  if (first === undefined || second === undefined) return;
  const folder = first.account.feed.tree.named(ROOT, '0')[0];
  const role = world.random.pick<SharedRole>(['viewer', 'editor', 'editor']);
  if (folder !== undefined) world.server.share(folder.id, second.account.person, role);
  if (world.random.chance(0.7)) await world.pass(10_000);
}

/** An owner's act at the server: shares something, changes a role, ends a share. */
function share(world: SimWorld, { account }: SimDevice): void {
  const { random, server } = world;
  const own = [...account.feed.tree.all()].filter(({ owner }) => owner === '');
  if (own.length === 0) return;
  const people = [...new Set(world.devices.map((device) => device.account.person))];
  const shared = own.filter(({ id }) => server.sharedWith(id).length > 0);
  const node = random.pick(shared.length > 0 && random.chance(0.5) ? shared : own);
  const person = random.pick(people);
  if (person === account.person) return;
  const role = random.pick<SharedRole | null>(['viewer', 'editor', 'editor', null]);
  world.note(`${account.person} shares ${node.id} ${node.name} with ${person}: ${role}`);
  server.share(node.id, person, role);
}
