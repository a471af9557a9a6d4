import { Engine } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/engine-types.ts';
import type { DiskTraits } from '../fakes/disk-traits.ts';
import { FakeDisk } from '../fakes/fake-disk.ts';
import { createFakePorts, FAIR, type Weather } from '../fakes/fake-ports.ts';
import type { FakeAccount } from '../fakes/fake-server.ts';
import type { Scheduler } from '../fakes/scheduler.ts';
import type { LocalPath } from '../ports/file-system.ts';
import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState } from '../state/sync-state.ts';
import { localPath } from '../tree/local-path.ts';
import type { NodeId } from '../tree/node.ts';

export interface SimDeviceWorld {
  readonly scheduler: Scheduler;
  readonly account: FakeAccount;
  readonly traits: DiskTraits;
  onEvent(device: string, event: EngineEvent): void;
}

/** One device: its disk, its agent, what the agent remembers, and its way to the server. */
/** New files that are planned for at once. */
const PIECES = [1, 3, 1_000];

export class SimDevice {
  readonly name: string;
  readonly disk: FakeDisk;
  weather: Weather = FAIR;
  clockOffset = 0;
  /** The agent ended by itself; a defect unless the scenario wants it. */
  failure: { readonly error: unknown } | null = null;
  readonly #world: SimDeviceWorld;
  #store = new MemoryStore();
  #snapshot = new MemoryStore();
  #engine: Engine | null = null;
  /** How far pushes have told. */
  #pushed: string | null = null;
  #life = 0;
  #ids = 0;
  #stop = new AbortController();

  constructor(name: string, world: SimDeviceWorld) {
    this.name = name;
    this.#world = world;
    this.disk = new FakeDisk(world.traits, () => world.scheduler.now);
  }

  get engine(): Engine {
    if (this.#engine === null) throw new Error(`${this.name} isn't running.`);
    return this.#engine;
  }

  start(): void {
    this.#life++;
    const life = this.#life;
    const world = this.#world;
    const isAlive = () => this.#life === life;
    const ports = createFakePorts({
      scheduler: world.scheduler,
      disk: this.disk,
      server: world.account,
      weather: () => this.weather,
      isAlive,
      clockOffset: () => this.clockOffset,
      newId: () => {
        this.#ids++;
        return `${this.name}-${this.#ids}`;
      },
    });
    const engine = new Engine({
      ...ports,
      state: createSyncState(this.#store),
      policy: { isIgnored: () => false, isDeselected: () => false, conflictName },
      piece: world.scheduler.random.pick(PIECES),
      isIgnored: () => false,
      checkRoot: async () => {},
      onEvent: (event) => world.onEvent(this.name, event),
    });
    this.#engine = engine;
    this.#stop = new AbortController();
    engine.run(this.#stop.signal).catch((error: unknown) => {
      if (isAlive()) this.failure = { error };
    });
  }

  /**
   * What changed since the last push, as the server would tell it: it may be too much for one, get
   * lost, come late, or twice.
   */
  push(): void {
    const { account, scheduler } = this.#world;
    const { random } = scheduler;
    const from = this.#pushed;
    this.#pushed = account.feed.now;
    if (from === null || this.#engine === null) return;
    const engine = this.#engine;
    const page = account.feed.isKnown(from) ? account.changes(from) : null;
    if (page === null || page.hasMore || random.chance(0.2)) return;
    const { cursor, changes } = page;
    for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
      const late = random.pick([60, 60, 5_000]);
      void scheduler.delay(1, late).then(() => {
        if (this.#engine === engine) engine.push({ from, cursor, changes });
      });
    }
  }

  /** Remembers what a crash may fall back to. */
  keepSnapshot(): void {
    this.#snapshot = new MemoryStore(this.#store);
  }

  /** `kill -9`: what was under way stays half done; `older`: its memory is an older one, too. */
  crash({ older = false } = {}): void {
    this.#life++;
    this.#store = new MemoryStore(older ? this.#snapshot : this.#store);
    this.#engine = null;
  }

  /** As if its state had been deleted. */
  forgetAll(): void {
    this.crash();
    this.#store = new MemoryStore();
    this.#snapshot = new MemoryStore();
  }

  get account(): FakeAccount {
    return this.#world.account;
  }

  /** What stays here alone, because it may not be sent. */
  kept(): LocalPath[] {
    const { local } = this.#store.trees;
    const blocks = this.engine.status.blocks.filter(({ reason }) => reason !== 'excluded');
    return blocks.flatMap(({ id }) => localPath(local, id) ?? []);
  }

  /** Whether something isn't as it is at the server, of which a person should know. */
  get isTroubled(): boolean {
    const { failures, leaving } = this.engine.status;
    return failures.length > 0 || leaving.length > 0;
  }

  /** Where it remembers that node. */
  pathOf(id: NodeId): LocalPath | undefined {
    return localPath(this.#store.trees.local, id);
  }

  get isRunning(): boolean {
    return this.#engine !== null;
  }
}

function conflictName(name: string, taken: (candidate: string) => boolean): string {
  for (let number = 1; ; number++) {
    const candidate = `${name} (conflicted copy, here ${number})`;
    if (!taken(candidate)) return candidate;
  }
}
