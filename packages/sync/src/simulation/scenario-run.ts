import { PLAIN_DISK } from '../fakes/disk-traits.ts';
import type { SimDevice } from './sim-device.ts';
import { SimWorld } from './sim-world.ts';

/**
 * What two devices do with what they had in common, as words: `write PATH CONTENT`, `mkdir PATH`,
 * `move FROM TO`, `rm PATH`, `symlink PATH TARGET`, `touch PATH`; `restore` writes with an older
 * time, `stealthily` without any trace in size and time; `settle` lets the agent see it, if one runs.
 */
export interface Scenario {
  readonly name: string;
  /** Done by the first device, and brought into agreement. */
  readonly before: readonly string[];
  readonly d0: readonly string[];
  readonly d1: readonly string[];
  /** All that is there in the end; a folder is `/`, a symlink `->target`. */
  readonly after?: Readonly<Record<string, string>>;
  /** At least that is there. */
  readonly includes?: Readonly<Record<string, string>>;
  /** The contents of all files, conflicted copies among them. */
  readonly contents?: readonly string[];
}

/** Who runs while the two act: both; the first; neither. */
export const MODES = ['both online', 'one offline', 'both offline'] as const;
export type Mode = (typeof MODES)[number];

/** An agent is killed when it has told of so many steps, begun or ended, and starts again. */
export interface Kill {
  readonly device: number;
  readonly step: number;
}

/**
 * Throws with what happened where the devices don't agree, or on something else than expected. Answers
 * whether there was anything to kill.
 */
export async function runScenario(
  scenario: Scenario,
  { mode, kill = null }: { readonly mode: Mode; readonly kill?: Kill | null },
): Promise<boolean> {
  const world = new SimWorld(7, [PLAIN_DISK, PLAIN_DISK]);
  const [first, second] = world.devices;
  if (first === undefined || second === undefined) throw new Error('There are two devices.');
  try {
    first.start();
    second.start();
    for (const step of scenario.before) await act(world, first, step);
    await world.expectAgreement();
    if (mode === 'both offline') first.crash();
    if (mode !== 'both online') second.crash();
    const killed = kill === null ? null : killAt(world, kill);
    for (const step of scenario.d0) await act(world, first, step);
    if (mode === 'one offline') await world.pass(5_000);
    for (const step of scenario.d1) await act(world, second, step);
    await world.expectAgreement();
    expectOutcome(scenario, outline(first), { mayDouble: kill !== null });
    return killed?.isDone === true;
  } catch (cause) {
    throw new Error(`${scenario.name}, ${mode}: ${cause}\n${world.log.join('\n')}`, { cause });
  }
}

function killAt(world: SimWorld, kill: Kill): { readonly isDone: boolean } {
  const state = { isDone: false };
  let steps = 0;
  world.onEvent = (name) => {
    const device = world.devices[kill.device];
    if (device?.name !== name) return;
    steps++;
    if (steps !== kill.step) return;
    state.isDone = true;
    world.note(`${name} is killed`);
    device.crash();
    device.start();
  };
  return state;
}

async function act(world: SimWorld, device: SimDevice, step: string): Promise<void> {
  if (step === 'settle') {
    if (device.isRunning) await world.pass(5_000);
    return;
  }
  const { disk } = device;
  const [verb = '', path = '', what = ''] = step.split(' ');
  world.note(`${device.name} ${step}`);
  const old = disk.look(path);
  switch (verb) {
    case 'write':
    case 'restore':
    case 'stealthily': {
      const modifiedAt = verb === 'stealthily' ? old?.modifiedAt : old && old.modifiedAt - 1e9;
      for (const content of disk.contents(path)) world.owed.delete(content);
      disk.write(path, what);
      if (verb !== 'write' && modifiedAt != null)
        disk.setMeta(path, { modifiedAt, executable: false });
      world.owed.add(what);
      break;
    }
    case 'touch':
      disk.setMeta(path, { modifiedAt: world.scheduler.now, executable: false });
      break;
    case 'mkdir':
      disk.makeFolder(path);
      break;
    case 'symlink':
      disk.makeSymlink(path, what);
      break;
    case 'move':
      disk.move(path, what);
      break;
    case 'rm':
      for (const content of disk.contents(path)) world.owed.delete(content);
      disk.remove(path);
      break;
    default:
      throw new Error(`No such verb: ${verb}`);
  }
  if (device.isRunning) device.engine.localHint(null);
}

function outline({ disk }: SimDevice): Map<string, string> {
  return new Map(
    disk.paths().map((path) => {
      const entry = disk.look(path);
      if (entry?.kind === 'folder') return [path, '/'];
      return [path, entry?.kind === 'symlink' ? `->${entry.target}` : (disk.read(path) ?? '')];
    }),
  );
}

/** `mayDouble`: after a crash in the middle of two crossing edits a copy too many is no loss. */
function expectOutcome(
  scenario: Scenario,
  found: ReadonlyMap<string, string>,
  { mayDouble }: { readonly mayDouble: boolean },
): void {
  const { after, includes, contents } = scenario;
  const text = JSON.stringify([...found].sort());
  if (after !== undefined && text !== JSON.stringify(Object.entries(after).sort())) {
    throw new Error(`Expected ${JSON.stringify(after)}, found ${text}`);
  }
  for (const [path, what] of Object.entries(includes ?? {})) {
    if (found.get(path) !== what) throw new Error(`Expected ${what} at ${path}, found ${text}`);
  }
  if (contents === undefined) return;
  const files = [...found.values()].filter((what) => what !== '/' && !what.startsWith('->'));
  const there = mayDouble ? [...new Set(files)] : files;
  if (JSON.stringify(there.sort()) !== JSON.stringify([...contents].sort())) {
    throw new Error(`Expected the contents ${contents}, found ${text}`);
  }
}
