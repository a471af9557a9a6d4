import { failureCode, TaskSet } from '@valise/client';
import { nameKey } from '@valise/core/names';
import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import { DiskError } from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import { type NodeId, type Place, placeKey } from '../tree/node.ts';
import { descendants } from '../tree/tree.ts';
import { JointUpdates } from './joint-updates.ts';
import { type LocalCall, runLocalCall } from './local-operations.ts';
import { PlannedWork } from './planned-work.ts';
import { type RemoteCall, runRemoteCall } from './remote-operations.ts';
import {
  type DownloadOperation,
  downloadFiles,
  hashFiles,
  type TransferDeps,
  type UploadOperation,
  uploadFiles,
} from './transfer-lanes.ts';
import type { Turns } from './turns.ts';

/** Calls to the server side by side: it answers each within milliseconds, the way there takes longer. */
const CALLS_AT_ONCE = 8;
type LaneName =
  | 'calls'
  | 'disk'
  | 'hash'
  | 'upload'
  | 'upload-large'
  | 'download'
  | 'download-large';

export interface LanesDeps
  extends Omit<TransferDeps, 'disk' | 'signal' | 'ended' | 'sent' | 'updates'> {
  readonly server: Server;
  readonly clock: Pick<Clock, 'turn'>;
}

export interface LanesHost {
  readonly disk: Turns;
  /** The server accepted that. */
  sent: TransferDeps['sent'];
  /** Files of which the server accepted something that the feed hasn't shown yet. */
  sentInodes(): ReadonlySet<string>;
  /** One operation ended; null: it worked. */
  ended(operation: Operation, error: unknown): void;
  /** A lane has room again. */
  idle(): void;
}

interface Unseen {
  readonly since: number;
  /** It was created, or its id is one that stands for something already. */
  readonly isMade: boolean;
}

/**
 * Where operations are carried out. Each lane runs one round at a time, so that a large file never
 * holds up small ones, nor receiving the sending.
 */
export class Lanes {
  readonly #deps: LanesDeps;
  readonly #host: LanesHost;
  readonly #updates: JointUpdates;
  readonly #running = new Map<NodeId, Operation>();
  /** Done at the server, not yet seen in the feed. */
  readonly #unseen = new Map<NodeId, Unseen>();
  readonly #busy = new Map<LaneName, Promise<void>>();
  readonly #planned = new PlannedWork<LaneName>();
  /** Observed since the round on the disk was planned. */
  readonly #news = new Set<NodeId>();
  #signal: AbortSignal = AbortSignal.abort();
  #tick = 0;

  constructor(deps: LanesDeps, host: LanesHost) {
    this.#deps = deps;
    this.#host = host;
    this.#updates = new JointUpdates(deps.state, deps.clock);
  }

  begin(signal: AbortSignal): void {
    this.#signal = signal;
  }

  get isBusy(): boolean {
    return this.#busy.size > 0 || this.#unseen.size > 0;
  }

  /** It is being worked on, or what was done shows in the feed soon. */
  has(id: NodeId): boolean {
    return this.#running.has(id) || this.#unseen.has(id);
  }

  /** Orders the beginnings of pulls and the ends of operations. */
  tick(): number {
    this.#tick++;
    return this.#tick;
  }

  /**
   * The feed has been read by a pull that began at that tick. Answers what the server should have
   * made by then.
   */
  seen(tick: number): NodeId[] {
    const made: NodeId[] = [];
    for (const [id, { since, isMade }] of this.#unseen) {
      if (since >= tick) continue;
      this.#unseen.delete(id);
      if (isMade) made.push(id);
    }
    return made;
  }

  /** What is to be done from now on; what an earlier plan said isn't begun any more. */
  offer(operations: readonly Operation[]): void {
    this.#planned.renew();
    for (const operation of operations) {
      const { id } = operation;
      if (this.has(id)) continue;
      const lane = this.#laneOf(operation);
      if (lane !== null) this.#planned.add(lane, operation);
    }
  }

  /**
   * These are no longer as the plan knew them: what was planned for them isn't begun, and nothing that
   * they lie in goes from the disk.
   */
  withdraw(ids: Iterable<NodeId>): void {
    for (const id of ids) {
      this.#planned.withdraw(id);
      if (this.#busy.has('disk')) this.#news.add(id);
    }
  }

  /**
   * Starts what idle lanes can take of what is planned; answers what was started. Right after a plan
   * that may be anything; what is left for later only adds.
   */
  start(): Operation[] {
    const started: Operation[] = [];
    const isFree = (lane: LaneName) => !this.#busy.has(lane);
    for (const [lane, round] of this.#planned.rounds(isFree, this.#readiness())) {
      this.#run(lane, round);
      started.push(...round);
    }
    return started;
  }

  #readiness(): (operation: Operation) => boolean {
    const sending = this.#newPlaces();
    const sent = this.#host.sentInodes();
    return (operation) => {
      // What has just come there may be ours, renamed here meanwhile: the call's answer will tell.
      if (operation.kind === 'local-create') return !sending.has(placeOf(operation));
      return !this.#isSentAnew(operation, sent);
    };
  }

  /** It went by another id when it was sent: the feed will tell what became of it. */
  #isSentAnew(operation: Operation, sent: ReadonlySet<string>): boolean {
    if (operation.kind !== 'remote-upload' || operation.isEdit || sent.size === 0) return false;
    const node = this.#deps.state.trees.local.get(operation.id);
    return node !== undefined && sent.has(node.inode);
  }

  /** Where new files are being sent to. */
  #newPlaces(): ReadonlySet<string> {
    const places = new Set<string>();
    for (const operation of this.#running.values()) {
      if (operation.kind === 'remote-upload' && !operation.isEdit) places.add(placeOf(operation));
    }
    return places;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#busy.values());
  }

  #laneOf(operation: Operation): LaneName | null {
    const { remote, local } = this.#deps.state.trees;
    const { id, kind } = operation;
    switch (kind) {
      case 'hash':
        return 'hash';
      case 'remote-upload':
        return (local.get(id)?.size ?? 0) > SINGLE_PUT_LIMIT ? 'upload-large' : 'upload';
      case 'local-create':
      case 'local-replace':
        return (remote.get(id)?.size ?? 0) > SINGLE_PUT_LIMIT ? 'download-large' : 'download';
      case 'adopt':
      case 'renew':
      case 'forget':
      case 'cross':
        return null;
      default:
        return kind.startsWith('remote-') ? 'calls' : 'disk';
    }
  }

  #run(lane: LaneName, round: readonly Operation[]): void {
    if (lane === 'disk') this.#news.clear();
    for (const operation of round) this.#running.set(operation.id, operation);
    const work = this.#carryOut(lane, round)
      .catch((error: unknown) => {
        // What concerns all of a round ends everything in it that hasn't ended by itself.
        for (const operation of round) this.#end(operation, error);
      })
      .finally(() => {
        this.#busy.delete(lane);
        this.#host.idle();
      });
    this.#busy.set(lane, work);
  }

  async #carryOut(lane: LaneName, round: readonly Operation[]): Promise<void> {
    switch (lane) {
      case 'calls':
        return this.#each(round, CALLS_AT_ONCE, (one) =>
          runRemoteCall(this.#deps, one as RemoteCall),
        );
      case 'disk':
        return this.#each(round, 1, (one) =>
          this.#host.disk.run(() => {
            this.#expectNoNews(one);
            return runLocalCall(this.#deps, one as LocalCall);
          }),
        );
      case 'hash':
        return hashFiles(
          this.#transferDeps(round),
          round.map(({ id }) => id),
        );
      case 'upload':
      case 'upload-large':
        return uploadFiles(this.#transferDeps(round), round as readonly UploadOperation[]);
      default:
        return downloadFiles(this.#transferDeps(round), round as readonly DownloadOperation[]);
    }
  }

  /** A folder would take along what others have just put back or taken out. */
  #expectNoNews({ kind, id }: Operation): void {
    if (kind !== 'local-trash' || this.#news.size === 0) return;
    const below = descendants(this.#deps.state.trees.local, id);
    if (![id, ...below.map((node) => node.id)].some((one) => this.#news.has(one))) return;
    throw new DiskError('changed', 'Something in it was changed elsewhere meanwhile.');
  }

  #transferDeps(round: readonly Operation[]): TransferDeps {
    const byId = new Map(round.map((operation) => [operation.id, operation]));
    return {
      ...this.#deps,
      updates: this.#updates,
      disk: this.#host.disk,
      sent: this.#host.sent,
      signal: this.#signal,
      ended: (id, error) => {
        const operation = byId.get(id);
        if (operation !== undefined) this.#end(operation, error);
      },
    };
  }

  async #each(
    round: readonly Operation[],
    atOnce: number,
    work: (operation: Operation) => Promise<void>,
  ): Promise<void> {
    const tasks = new TaskSet(atOnce);
    for (const operation of round) {
      if (this.#signal.aborted) break;
      await tasks.start(async () => {
        try {
          await work(operation);
          this.#end(operation, null);
        } catch (error) {
          this.#end(operation, error);
        }
      });
    }
    await tasks.finish();
    for (const operation of round) this.#drop(operation);
  }

  /** Unless the node has gone on to its next operation. */
  #drop(operation: Operation): boolean {
    const isIts = this.#running.get(operation.id) === operation;
    if (isIts) this.#running.delete(operation.id);
    return isIts;
  }

  #end(operation: Operation, error: unknown): void {
    const { id, kind } = operation;
    if (!this.#drop(operation)) return;
    // Even a failed call may have worked: the feed knows.
    if (kind.startsWith('remote-')) {
      const isMade = isCreation(operation) && (error === null || failureCode(error) === 'id-taken');
      this.#unseen.set(id, { since: this.tick(), isMade });
    }
    if (!this.#signal.aborted) this.#host.ended(operation, error);
  }
}

function placeOf({ parentId, name }: Place): string {
  return placeKey(parentId, nameKey(name));
}

function isCreation({ kind }: Operation): boolean {
  return kind === 'remote-folder' || kind === 'remote-symlink';
}
