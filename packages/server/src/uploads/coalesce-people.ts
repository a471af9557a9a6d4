import { AppError, isAppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';
import type { UploadAnswer } from '@valise/core/wire';
import { sqlStateOf } from '../db/database-errors.ts';
import type { Caller } from '../http/app.ts';
import { createCoalescer } from './coalesce-creations.ts';
import { createPlain, mayBePlain } from './create-plain.ts';
import { type Created, finishCreation } from './finish-creation.ts';
import type { NewUpload } from './new-upload.ts';
import type { PersonalRequest } from './plain-lookups.ts';
import type { UploadDeps } from './upload-deps.ts';

type Result = UploadAnswer | AppError;

interface Job extends PersonalRequest {
  readonly resolve: (result: Result | Promise<Result>) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests of one round: a few statements' worth, so that nobody waits long for the others. */
const ROUND = 64;
/** Of these one person's, as long as others wait. */
const SHARE = 16;
/**
 * A second round only when it is full: two half ones would cost the processor twice what one does,
 * and nobody would be answered sooner.
 */
const ROUNDS_AT_ONCE = 2;

/**
 * Answers how to create single uploads. A transaction for many costs hardly more than one for one,
 * so what arrives while rounds are running forms the next one, whoever it is from. That is for the
 * plain ones; what is not, and what was in a round that failed, is created among the person's own
 * (`coalesce-creations.ts`) as if there had been no round. A person is in one round at a time,
 * for their creations are serial anyway.
 */
export function createSingly(deps: UploadDeps) {
  const createOwn = createCoalescer(deps);
  const busy = new Set<UserId>();
  let waiting: Job[] = [];
  let running = 0;

  function startRounds(): void {
    while (running < ROUNDS_AT_ONCE) {
      const round = chooseRound(waiting, busy);
      if (round.size === 0 || (running > 0 && round.size < ROUND)) return;
      waiting = waiting.filter((job) => !round.has(job));
      void run([...round]);
    }
  }

  async function run(round: readonly Job[]): Promise<void> {
    running++;
    for (const { caller } of round) busy.add(caller.userId);
    try {
      settle(round, await createPlain(deps, round));
    } catch (error) {
      // What the database refuses may be one request's fault: the others must not suffer.
      const isRefused = sqlStateOf(error) !== undefined || isAppError(error);
      for (const job of round) {
        if (isRefused) job.resolve(createOwn(job.caller, job.request));
        else job.reject(error);
      }
    } finally {
      running--;
      for (const { caller } of round) busy.delete(caller.userId);
      startRounds();
    }
  }

  /** Nobody waits here for the store. */
  function settle(round: readonly Job[], created: readonly (Created | null)[]): void {
    for (const [index, job] of round.entries()) {
      const one = created[index] ?? null;
      job.resolve(one === null ? createOwn(job.caller, job.request) : finish(deps, job, one));
    }
  }

  return (caller: Caller, request: NewUpload): Promise<Result> => {
    if (!mayBePlain(request)) return createOwn(caller, request);
    return new Promise((resolve, reject) => {
      waiting.push({ caller, request, resolve, reject });
      startRounds();
    });
  };
}

async function finish(deps: UploadDeps, { caller }: Job, created: Created): Promise<Result> {
  const [answer] = await finishCreation(deps, caller, [created]);
  return answer ?? new AppError('internal');
}

/**
 * In order of arrival: first everyone's share, then whatever there is room for. What may concern
 * another request (same name in one folder, same id) waits for it.
 */
function chooseRound(waiting: readonly Job[], busy: ReadonlySet<UserId>): ReadonlySet<Job> {
  const round = new Set<Job>();
  const taken = new Set<string>();
  const counts = new Map<UserId, number>();
  for (const share of [SHARE, ROUND]) {
    for (const job of waiting) {
      const { caller, request } = job;
      const count = counts.get(caller.userId) ?? 0;
      if (round.size === ROUND) return round;
      if (round.has(job) || busy.has(caller.userId) || count >= share) continue;
      const name = `${caller.userId}/${request.to.parentId}/${request.to.nameKey}`;
      if (taken.has(name) || (request.requestId !== null && taken.has(request.requestId))) continue;
      taken.add(name);
      if (request.requestId !== null) taken.add(request.requestId);
      counts.set(caller.userId, count + 1);
      round.add(job);
    }
  }
  return round;
}
