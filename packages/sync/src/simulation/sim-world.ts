import { nameKey, SHARED_FOLDER_NAME } from '@valise/core/names';
import type { EngineEvent } from '../engine/engine-types.ts';
import { type DiskTraits, PLAIN_DISK } from '../fakes/disk-traits.ts';
import type { FakeDisk } from '../fakes/fake-disk.ts';
import type { Backup } from '../fakes/fake-files.ts';
import { FAIR } from '../fakes/fake-ports.ts';
import { FakeServer } from '../fakes/fake-server.ts';
import { Scheduler } from '../fakes/scheduler.ts';
import type { LocalPath } from '../ports/file-system.ts';
import { RandomSource } from '../testing/random-source.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { nameShares } from '../tree/name-shares.ts';
import { type RemoteNode, ROOT, type TreeNode } from '../tree/node.ts';
import { SimDevice } from './sim-device.ts';

/** Longer than any back-off. */
const QUIET_MS = 700_000;

/** A server and some devices in virtual time, and what must hold among them. */
export class SimWorld {
  readonly random: RandomSource;
  readonly scheduler: Scheduler;
  readonly server: FakeServer;
  readonly devices: readonly SimDevice[];
  /** Contents that somebody wrote and nobody has overwritten or deleted knowingly. */
  readonly owed = new Set<string>();
  readonly log: string[] = [];
  /** What the server may fall back to. */
  backup: Backup;
  /** The server went back, or an agent forgot all: what was shared may not be known again. */
  lostTrack = false;
  /** So often an agent held edits until somebody said that they are meant. */
  editQuestions = 0;
  /** Told of every step that an agent begins or ends. */
  onEvent: (device: string) => void = () => {};
  #contents = 0;
  /** Device and node of replacements under way. */
  readonly #replacing = new Set<string>();

  /** `people`: whose each device is; all the same person's if left out. */
  constructor(
    seed: number,
    traits: readonly DiskTraits[] = [PLAIN_DISK, PLAIN_DISK],
    people: readonly string[] = [],
  ) {
    this.random = new RandomSource(seed);
    this.scheduler = new Scheduler(this.random);
    this.server = new FakeServer(this.random.pick([2, 5, 1_000]));
    this.backup = this.server.backUp();
    this.devices = traits.map(
      (one, index) =>
        new SimDevice(`d${index}`, {
          scheduler: this.scheduler,
          account: this.server.account(people[index] ?? 'ann'),
          traits: one,
          onEvent: (device, event) => this.#trace(device, event),
        }),
    );
  }

  /** The next number for a content. */
  count(): string {
    this.#contents++;
    return `${this.#contents}`;
  }

  #trace(device: string, event: EngineEvent): void {
    const { kind, ...about } = event.operation;
    if (kind === 'local-replace') {
      const key = `${device} ${about.id}`;
      if (event.kind === 'started') this.#replacing.add(key);
      else this.#replacing.delete(key);
    }
    const error = event.kind === 'failed' ? ` ${event.error}` : '';
    this.note(`  ${device} ${event.kind} ${kind} ${JSON.stringify(about)}${error}`);
    this.onEvent(device);
  }

  note(text: string): void {
    this.log.push(`${(this.scheduler.now - 1_800_000_000_000).toFixed(2)} ${text}`);
  }

  /** The server falls back to its backup; what it alone had got since then is lost with that. */
  restore(): void {
    const before = this.#atServer();
    this.server.restore(this.backup);
    this.lostTrack = true;
    const replaced = this.devices.flatMap((device) => this.#replacedOn(device));
    const kept = new Set([...this.#kept()].filter((content) => !replaced.includes(content)));
    for (const content of this.#atServer()) kept.add(content);
    for (const content of before) if (!kept.has(content)) this.owed.delete(content);
  }

  /** What an agent is about to replace, as the server had said that it had it. */
  #replacedOn(device: SimDevice): string[] {
    const { name, disk } = device;
    const keys = [...this.#replacing].filter((key) => key.startsWith(`${name} `));
    const paths = keys.map((key) => device.pathOf(key.slice(name.length + 1)));
    return paths.flatMap((path) => (path === undefined ? [] : (disk.read(path) ?? [])));
  }

  async pass(milliseconds: number): Promise<void> {
    await this.scheduler.runUntil(this.scheduler.now + milliseconds);
    for (const { failure, name } of this.devices) {
      if (failure !== null) throw new Error(`${name}: the agent ended`, { cause: failure.error });
    }
  }

  /** Fair weather, everybody runs, and time passes; then the invariants. */
  async expectAgreement(): Promise<void> {
    for (const device of this.devices) {
      device.weather = FAIR;
      device.clockOffset = 0;
      device.disk.closeAll();
      if (!device.isRunning) device.start();
      device.engine.localHint(null);
      device.engine.remoteHint();
      device.engine.resume();
    }
    await this.pass(QUIET_MS);
    await this.#renameUnholdable();
    // Somebody says that all of it is meant; one device's deletions may only then reach others.
    for (let held = this.#held(); held.length > 0; held = this.#held()) {
      const leave = this.random.chance(0.5);
      this.note(`all of it is meant; who removed a share ${leave ? 'leaves' : 'wants it'}`);
      for (const { engine } of held) {
        if (engine.status.heldEdits !== null) this.editQuestions++;
        engine.resume({ acceptDeletes: true, acceptEdits: true, leave, bringBack: !leave });
      }
      await this.pass(QUIET_MS);
      await this.#renameUnholdable();
    }
    const { writes } = this.server;
    for (const { engine } of this.devices) {
      engine.localHint(null);
      engine.remoteHint();
    }
    await this.pass(QUIET_MS);
    if (this.server.writes !== writes) throw new Error('I7: a quiet system writes');
    this.#check();
  }

  /** Somebody does what the status says to names that some disk can't hold. */
  async #renameUnholdable(): Promise<void> {
    const narrow = this.devices.find(({ disk }) => disk.traits.hasWindowsNames);
    if (narrow === undefined) return;
    let count = 0;
    for (const account of new Set(this.devices.map((device) => device.account))) {
      for (const { id, parentId, name, owner } of [...account.feed.tree.all()]) {
        if (owner !== '' || narrow.disk.canHold(name)) continue;
        const isHers = account === narrow.account;
        if (isHers && !narrow.isTroubled) throw new Error(`nothing is said of ${name}`);
        count++;
        account.move(id, { parentId, name: `renamed ${this.count()}` });
        this.note(`${account.person} renames ${name}`);
      }
    }
    if (count === 0) return;
    for (const { engine } of this.devices) engine.remoteHint();
    await this.pass(QUIET_MS);
  }

  #held(): SimDevice[] {
    return this.devices.filter(({ engine }) => engine.status.state === 'held');
  }

  #check(): void {
    for (const device of this.devices) {
      const { name, disk, engine } = device;
      const there = outlineOf(shownTo(device), disk);
      const here = new Map(
        disk.paths().map((path) => {
          const entry = disk.look(path);
          const content = entry?.kind === 'file' ? disk.read(path) : (entry?.target ?? '');
          return [path.normalize('NFC'), lineOf({ kind: 'other', ...entry, content })];
        }),
      );
      // Where two names differ only in case, the disk's second one is in the way of changes, too.
      const twins = engine.status.skipped.map(({ path }) => path);
      // What may not be sent stays, and has a name that nothing else has.
      const mine = [...twins, ...device.kept()];
      // Once somebody has shared something, the folder for it stays.
      if (!there.has(SHARED_FOLDER_NAME)) here.delete(SHARED_FOLDER_NAME);
      const text = difference(without(there, twins), without(here, mine));
      if (text !== null) throw new Error(`I1: server and ${name} differ: ${text}`);
      if (!this.lostTrack) for (const path of device.kept()) expectConflict(disk, path);
    }
    const kept = this.#kept();
    for (const content of this.owed) {
      if (!kept.has(content)) throw new Error(`I2: ${content} is lost`);
    }
  }

  #kept(): ReadonlySet<string> {
    const disks = this.devices.map(({ disk }) => disk);
    return new Set([
      ...this.#atServer(),
      ...disks.flatMap((disk) => [...disk.trashed, ...disk.contents('')]),
    ]);
  }

  #atServer(): readonly string[] {
    const current = this.devices.flatMap(({ account }) =>
      [...account.feed.tree.all()].map(({ content }) => content),
    );
    return [...current, ...this.server.trashed];
  }
}

/** I8: a conflicted copy holds something else than what it stands beside. */
function expectConflict(disk: FakeDisk, path: LocalPath): void {
  const [original] = path.split(' (conflicted copy, here');
  const content = disk.read(path);
  if (original === undefined || original === path || content === null || content === 'same') return;
  if (disk.read(original) === content) throw new Error(`I8: ${path} is no conflict`);
}

/** The tree that this device should have. */
function shownTo({ account }: SimDevice): MemoryTree<RemoteNode> {
  const tree = new MemoryTree(account.feed.tree.all());
  nameShares(tree);
  return tree;
}

/** What must be the same on both sides. */
function lineOf(of: {
  readonly kind: string;
  readonly content: string | null;
  readonly modifiedAt?: number;
  readonly executable?: boolean | null;
}): string {
  const mode = of.executable === true ? ' executable' : '';
  return `${of.kind} ${of.content}${of.kind === 'file' ? ` of ${of.modifiedAt}${mode}` : ''}`;
}

/** What that disk can show of it. */
function outlineOf(tree: MemoryTree<TreeNode>, disk: FakeDisk): Map<string, string> {
  const paths = new Map<string, string>();
  const visit = (id: string, above: string) => {
    for (const node of tree.children(id)) {
      const path = above === '' ? node.name : `${above}/${node.name}`;
      const content = (node.kind === 'symlink' ? node.content?.slice(2) : node.content) ?? null;
      const { kind, executable } = node;
      const modifiedAt = disk.shownTime(node.modifiedAt);
      const mode = disk.traits.hasModes && executable;
      const line = lineOf({ kind, content, modifiedAt, executable: mode });
      if (kind !== 'symlink' || disk.traits.hasSymlinks) paths.set(path, line);
      visit(node.id, path);
    }
  };
  visit(ROOT, '');
  const shown = [...tree.all()].filter(({ kind }) => kind !== 'symlink' || disk.traits.hasSymlinks);
  if (paths.size !== shown.length) throw new Error('I3: something hangs on nothing');
  return paths;
}

function without(
  outline: ReadonlyMap<string, string>,
  twins: readonly string[],
): ReadonlyMap<string, string> {
  const keys = twins.map(nameKey);
  const isAway = (path: string) =>
    keys.some((key) => nameKey(path) === key || nameKey(path).startsWith(`${key}/`));
  return new Map([...outline].filter(([path]) => !isAway(path)));
}

function difference(
  there: ReadonlyMap<string, string>,
  here: ReadonlyMap<string, string>,
): string | null {
  const lines: string[] = [];
  for (const [path, what] of there) {
    if (here.get(path) !== what) lines.push(`${path}: ${what} there, ${here.get(path)} here`);
  }
  for (const [path, what] of here) if (!there.has(path)) lines.push(`${path}: only here, ${what}`);
  return lines.length === 0 ? null : lines.slice(0, 5).join('; ');
}
