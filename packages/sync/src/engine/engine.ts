import { isTreeOperation, type Operation } from '../plan/operation.ts';
import { PlanPieces } from '../plan/plan-pieces.ts';
import { DiskError, type LocalPath } from '../ports/file-system.ts';
import type { RemoteChange } from '../ports/server.ts';
import type { NodeId } from '../tree/node.ts';
import { descendants } from '../tree/tree.ts';
import { BackOff } from './back-off.ts';
import type { EngineDeps, EngineState, EngineStatus } from './engine-types.ts';
import { kindOf } from './failures.ts';
import { Lanes } from './lanes.ts';
import { runLocalCall } from './local-operations.ts';
import { LocalScans } from './local-scans.ts';
import { Outage } from './outage.ts';
import { applyPush, pullChanges } from './pull-changes.ts';
import { type Answers, Questions } from './questions.ts';
import { renewHidden } from './renew-hidden.ts';
import { SentVersions } from './sent-versions.ts';
import { runTreeOperations } from './tree-operations.ts';
import { Turns } from './turns.ts';
import { Wake } from './wake.ts';

/** The feed is asked this often even if no push came: a push may be lost. With jitter. */
const POLL_EVERY_MS = 180_000;
/** A paused loop sleeps so long, unless it is woken. */
const PAUSED_SLEEP_MS = 3_600_000;
/** Outlives the process: whoever paused the sync, and then restarted the machine, meant it. */
const PAUSED = 'paused';
/**
 * Planning takes at most this part of the time: with very many dirty nodes it is not free. Meanwhile
 * the lanes go on with what the last plan said.
 */
const PLANNING_SHARE = 0.1;

/**
 * One loop decides: take observations in, plan, start what the plan says on idle lanes, sleep until
 * something happens. Everything slow runs on the lanes beside it. What lanes do to the server shows
 * in the feed, what they do to the disk is taken into the Local tree as it is done; a node stays out
 * of the next plan until then.
 */
export class Engine {
  readonly #deps: EngineDeps;
  readonly #wake: Wake;
  readonly #disk = new Turns();
  readonly #backOff: BackOff;
  readonly #lanes: Lanes;
  readonly #scans: LocalScans;
  readonly #sent = new SentVersions();
  readonly #questions: Questions;
  readonly #outage: Outage;
  readonly #planner: PlanPieces;
  #paused = false;
  #pullNeeded = true;
  #pollDue = 0;
  #fatal: { readonly error: unknown } | null = null;
  #planNeeded = true;
  #planDue = 0;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#paused = deps.state.value(PAUSED) !== null;
    this.#wake = new Wake(deps.clock);
    this.#questions = new Questions(deps.state, deps.clock);
    this.#outage = new Outage(deps.clock);
    const { state, policy: options, piece: first } = deps;
    this.#planner = new PlanPieces({ trees: state.trees, dirty: state.dirty, options, first });
    this.#backOff = new BackOff(deps.clock);
    this.#scans = new LocalScans(deps, this.#disk);
    this.#lanes = new Lanes(deps, {
      disk: this.#disk,
      sent: (id, version) => this.#sent.note(id, version),
      sentInodes: () => this.#sent.inodes(),
      ended: (operation, error) => this.#ended(operation, error),
      idle: () => this.#planSoon(),
    });
  }

  get status(): EngineStatus {
    return {
      state: this.#stateNow(),
      // What is the server's alone waits for nothing.
      pending: Math.max(0, this.#deps.state.dirty.size - this.#planner.apart),
      held: this.#questions.held,
      heldEdits: this.#questions.heldEdits,
      leaving: this.#questions.leaving,
      failures: this.#backOff.failures(),
      blocks: [...this.#planner.blocks].map(([id, reason]) => ({ id, reason })),
      skipped: this.#scans.skipped,
    };
  }

  /** The watcher saw something in that folder; null: it lost track. */
  localHint(path: LocalPath | null): void {
    this.#scans.hint(path);
    this.#wake.set();
  }

  remoteHint(): void {
    this.#pullNeeded = true;
    this.#wake.set();
  }

  /** A push with its content. */
  push(push: {
    readonly from: string;
    readonly cursor: string;
    readonly changes: readonly RemoteChange[];
  }): void {
    // While a pull runs, what it brings may be older than the push: ask again after it.
    if (this.#pulling || !applyPush(this.#deps.state, push)) this.#pullNeeded = true;
    this.#planSoon();
  }

  pause(): void {
    this.#paused = true;
    this.#lanes.offer([]);
    this.#deps.state.setValue(PAUSED, 'yes');
  }

  resume(answers: Answers = {}): void {
    this.#paused = false;
    this.#deps.state.setValue(PAUSED, null);
    this.#questions.answer(answers);
    this.#backOff.clear();
    this.#outage.end();
    this.#planSoon();
  }

  /**
   * Takes a folder off the disk that the server keeps; it goes to the trash. Only if everything in
   * it is in step: else fails with `changed`, and nothing has happened. `note` makes durable that it
   * isn't wanted, before it goes: what is missing would otherwise be deleted at the server.
   */
  async putAway(
    id: NodeId,
    {
      note,
      isIgnored,
    }: { readonly note: (isWanted: boolean) => void } & Pick<EngineDeps, 'isIgnored'>,
  ): Promise<void> {
    const { fs, state, marks } = this.#deps;
    await this.#disk.run(async () => {
      await this.#deps.checkRoot();
      const nodes = [id, ...descendants(state.trees.local, id).map((node) => node.id)];
      if (nodes.some((one) => state.dirty.has(one))) {
        throw new DiskError('changed', 'Something in it is not in step yet; try again later.');
      }
      note(false);
      try {
        await runLocalCall({ fs, state, marks, isIgnored }, { kind: 'local-trash', id });
      } catch (error) {
        note(true);
        throw error;
      }
    });
    this.#planSoon();
  }

  /** The rules of what is synced changed. */
  lookAgain(): void {
    this.#lanes.offer([]);
    this.#scans.hint(null);
    this.#planSoon();
  }

  /** Something changed that a plan depends on. */
  #planSoon(): void {
    this.#planNeeded = true;
    this.#wake.set();
  }

  /** Until the signal aborts. Rejects when the login ended or the root isn't there. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#loop(signal, () => false);
  }

  /** Until nothing is left that can be done now. */
  async syncOnce(signal: AbortSignal): Promise<void> {
    await this.#loop(signal, () => this.#isDone());
  }

  #pulling = false;

  async #loop(signal: AbortSignal, isOver: () => boolean): Promise<void> {
    const stop = new AbortController();
    this.#lanes.begin(AbortSignal.any([signal, stop.signal]));
    try {
      while (!signal.aborted) {
        if (this.#paused) this.#takeTouched();
        else {
          await this.#observe(signal);
          this.#decide();
          this.#deps.onRound?.();
        }
        if (this.#fatal !== null) throw this.#fatal.error;
        if (isOver()) break;
        const isWoken = await this.#wake.wait(this.#nextDue(), signal);
        // A time has come: something may be tried again.
        if (!isWoken) this.#planNeeded = true;
      }
    } finally {
      stop.abort();
      await this.#lanes.settled();
    }
  }

  async #observe(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    if (await this.#scans.run()) this.#planNeeded = true;
    const isDue = this.#pullNeeded || clock.now() >= this.#pollDue;
    if (!isDue || this.#outage.left > 0) return;
    await this.#pull(signal);
  }

  async #pull(signal: AbortSignal): Promise<void> {
    const { clock, server, state } = this.#deps;
    const begun = this.#lanes.tick();
    this.#pullNeeded = false;
    this.#pulling = true;
    this.#sent.pullBegins();
    try {
      await pullChanges({ server, state, signal });
      this.#planNeeded = true;
      this.#pollDue =
        clock.now() + (this.#deps.pollEveryMs?.() ?? POLL_EVERY_MS) * (0.75 + clock.random() / 2);
      this.#outage.end();
      this.#sent.pullEnded(state);
      renewHidden(state, this.#lanes.seen(begun), () => clock.newId());
    } catch (error) {
      if (signal.aborted) return;
      this.#pullNeeded = true;
      this.#general(error);
    } finally {
      this.#pulling = false;
    }
  }

  #decide(): void {
    const begun = this.#deps.clock.now();
    this.#takeTouched();
    if (this.#mayPlan(begun)) this.#planAnew(begun);
    if (this.#outage.left > 0) {
      this.#lanes.offer([]);
      return;
    }
    const started = this.#lanes.start();
    this.#questions.started(started);
    for (const operation of started) this.#deps.onEvent?.({ kind: 'started', operation });
  }

  #takeTouched(): void {
    const touched = this.#deps.state.takeTouched();
    this.#lanes.withdraw(touched);
    this.#planner.forget(touched);
  }

  #planAnew(begun: number): void {
    const { state, clock } = this.#deps;
    this.#planNeeded = false;
    // Before the first listing it isn't known what is new.
    if (state.value('cursor') === null) return;
    const operations = this.#plan();
    this.#planner.forget(state.takeTouched());
    this.#backOff.keepOnly(state.dirty);
    const isWaiting = (id: NodeId) => this.#backOff.isWaiting(id);
    const allowed = this.#questions.allow(operations, isWaiting);
    if (allowed.isOutdated) this.#planSoon();
    if (allowed.isAsked) this.#deps.onQuestion?.();
    this.#lanes.offer(allowed.operations.filter(({ id }) => !isWaiting(id)));
    const ended = clock.now();
    this.#planDue = ended + (ended - begun) / PLANNING_SHARE;
  }

  #mayPlan(now: number): boolean {
    if (!this.#planNeeded) return false;
    // Further away than any plan takes: the clock was set back.
    return now >= this.#planDue || this.#planDue - now > POLL_EVERY_MS;
  }

  #isBusy(id: NodeId): boolean {
    return this.#backOff.isWaiting(id) || this.#lanes.has(id);
  }

  #plan(): readonly Operation[] {
    const { state, clock } = this.#deps;
    for (;;) {
      this.#sent.agree(state);
      const operations = this.#planner.plan((id) => this.#isBusy(id));
      const onTrees = operations.filter(isTreeOperation);
      if (onTrees.length === 0) return operations;
      runTreeOperations(state, onTrees, () => clock.newId());
    }
  }

  #ended(operation: Operation, error: unknown): void {
    const { id } = operation;
    if (error === null) {
      this.#backOff.succeeded(id);
      this.#deps.onEvent?.({ kind: 'done', operation });
      if (operation.kind === 'local-move' || operation.kind === 'local-trash')
        this.#scans.lookAtTwins();
    } else this.#failed(operation, error);
    // Asked for when the round is over: a round of a thousand is not a thousand questions.
    if (operation.kind.startsWith('remote-')) this.#pullNeeded = true;
    if (error !== null) this.#wake.set();
  }

  #failed(operation: Operation, error: unknown): void {
    const { id } = operation;
    const kind = kindOf(error);
    this.#deps.onEvent?.({ kind: 'failed', operation, error });
    switch (kind) {
      case 'outdated':
      case 'changing':
        this.#backOff.failed(id, 'changing', error);
        this.#pullNeeded = true;
        this.#scans.again(operation);
        return;
      case 'failed':
        this.#backOff.failed(id, 'failed', error);
        return;
      default:
        this.#general(error);
    }
  }

  /** What isn't one file's failure. */
  #general(error: unknown): void {
    if (kindOf(error) !== 'offline' && kindOf(error) !== 'failed') {
      this.#fatal ??= { error };
      return;
    }
    this.#outage.goOn();
  }

  #isDone(): boolean {
    const { state } = this.#deps;
    if (this.#paused || this.#outage.isOn) return true;
    if (this.#lanes.isBusy || this.#pullNeeded || this.#planNeeded) return false;
    if (!this.#scans.areDone) return false;
    return this.#startedNothing() && state.value('cursor') !== null;
  }

  /** Nothing runs, nothing could be started: what is left waits for time or for a person. */
  #startedNothing(): boolean {
    return !this.#lanes.isBusy && !this.#backOff.isSettling();
  }

  #stateNow(): EngineState {
    if (this.#paused) return 'paused';
    if (this.#outage.isOn) return 'offline';
    if (this.#questions.areOpen) return 'held';
    return this.#lanes.isBusy || this.#pullNeeded || !this.#scans.areDone ? 'working' : 'idle';
  }

  #nextDue(): number {
    const { clock, state } = this.#deps;
    if (this.#paused) return PAUSED_SLEEP_MS;
    const now = clock.now();
    const due = [
      this.#scans.nextDue(),
      this.#backOff.nextDue(state.dirty),
      this.#outage.left > 0 ? this.#outage.left : this.#pollDue - now,
    ];
    if (this.#pullNeeded && this.#outage.left === 0) return 0;
    if (this.#planNeeded) due.push(this.#planDue - now);
    return Math.max(0, Math.min(...due));
  }
}
