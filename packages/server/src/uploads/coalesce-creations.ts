import type { AppError } from '@valise/core/errors';
import type { UploadAnswer } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { createUploads } from './create-uploads.ts';
import type { NewUpload } from './new-upload.ts';
import type { UploadDeps } from './upload-deps.ts';

type Result = UploadAnswer | AppError;

interface Job {
  readonly request: NewUpload;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests of one round: a few statements' worth, so that nobody waits long for the others. */
const ROUND = 64;

/**
 * Creations of one person are serial in the database. So while one round runs, single requests
 * that arrive wait and form the next round, which costs hardly more than one of them alone: fifty
 * concurrent callers take two rounds instead of fifty. Requests that may concern one another (same
 * name in one folder, same file, same id) never share a round.
 */
export function createCoalescer(deps: UploadDeps) {
  const waiting = new Map<string, Job[]>();

  async function drain(caller: Caller, key: string): Promise<void> {
    for (let queue = waiting.get(key); queue !== undefined; queue = waiting.get(key)) {
      const round = takeRound(queue);
      if (round.length === 0) waiting.delete(key);
      else await runRound(deps, caller, round);
    }
  }

  return (caller: Caller, request: NewUpload): Promise<Result> =>
    new Promise((resolve, reject) => {
      const key = `${caller.userId}/${caller.deviceId}`;
      const queue = waiting.get(key);
      const job = { request, resolve, reject };
      if (queue !== undefined) {
        queue.push(job);
        return;
      }
      waiting.set(key, [job]);
      drain(caller, key).catch(reject);
    });
}

/** In order of arrival, as long as they don't concern one another. */
function takeRound(queue: Job[]): readonly Job[] {
  const places = new Set<string>();
  const ids = new Set<string>();
  const isUnrelated = ({ request: { to, requestId } }: Job): boolean => {
    const place = to.kind === 'file' ? to.fileId : `${to.parentId}/${to.nameKey}`;
    if (places.has(place) || (requestId !== null && ids.has(requestId))) return false;
    places.add(place);
    if (requestId !== null) ids.add(requestId);
    return true;
  };
  let length = 0;
  for (const job of queue) {
    if (length === ROUND || !isUnrelated(job)) break;
    length++;
  }
  return queue.splice(0, length);
}

async function runRound(deps: UploadDeps, caller: Caller, round: readonly Job[]): Promise<void> {
  const requests = round.map((job) => job.request);
  try {
    const results = await createUploads(deps, caller, requests);
    for (const [index, job] of round.entries()) {
      const result = results[index];
      if (result === undefined) throw new Error('Every request has its result.');
      job.resolve(result);
    }
  } catch (error) {
    // What fails as a whole may be one request's fault: then the others must not suffer.
    if (round.length === 1) round[0]?.reject(error);
    else for (const job of round) await runRound(deps, caller, [job]);
  }
}
