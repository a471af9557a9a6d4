import type { ObjectId } from '@valise/core/ids';
import type { PlannedPart } from '@valise/core/plan';
import type { StoredObject, StoredPart } from '../../storage/object-store.ts';
import { createLimit, type Limit } from '../bounded.ts';
import type { UploadDeps } from '../upload-deps.ts';
import type { TargetStates } from './ask-assembly.ts';
import { STORE_CALLS } from './open-assembly.ts';
import { type Assembly, type AssemblyTarget, targetsOf } from './stored-plan.ts';

export type Carried =
  | { readonly kind: 'done'; readonly object: StoredObject }
  /** Something to copy from, or to copy into, is not there. `source`: that object, if it is one. */
  | { readonly kind: 'gone'; readonly source: ObjectId | null };

/** Ends the carrying out of a plan that can't be. */
class Gone extends Error {
  override readonly name = 'Gone';
  readonly source: ObjectId | null;

  constructor(source: ObjectId | null) {
    super('A source or a store upload is gone.');
    this.source = source;
  }
}

/**
 * Has the store make the staging objects and the object: all that the client sends is there. What was
 * copied or made already, by whomever, is not done again. Staging objects that need one another are
 * made one after the other, everything else side by side.
 */
export async function carryOut(
  deps: UploadDeps,
  assembly: Assembly,
  states: TargetStates,
): Promise<Carried> {
  const limit = createLimit(STORE_CALLS);
  const made: Promise<StoredObject>[] = [];
  for (const target of targetsOf(assembly)) {
    made.push(makeObject(deps, { assembly, target, states, limit, made: [...made] }));
  }
  // None is left running: whoever takes over would race with it.
  const ended = await Promise.allSettled(made);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    const error: unknown = failed.reason;
    if (error instanceof Gone) return { kind: 'gone', source: error.source };
    throw error;
  }
  const object = await made.at(-1);
  if (object === undefined) throw new Error('Every assembly has its object.');
  return { kind: 'done', object };
}

interface Making {
  readonly assembly: Assembly;
  readonly target: AssemblyTarget;
  readonly states: TargetStates;
  readonly limit: Limit;
  /** The staging objects before it. */
  readonly made: readonly Promise<StoredObject>[];
}

async function makeObject(deps: UploadDeps, making: Making): Promise<StoredObject> {
  const { target, states, limit } = making;
  const { key, size, storeUploadId } = target;
  const state = states.get(target);
  if (state?.kind === 'object') return { key, size, etag: state.etag };
  if (storeUploadId === null || state?.kind !== 'parts') throw new Gone(null);
  const parts = await Promise.all(
    target.parts.map((part, index) => {
      const there = state.parts.get(index + 1);
      return there ?? makePart(deps, making, { part, storeUploadId, storePart: index + 1 });
    }),
  );
  const { store } = deps.storage;
  const object = await limit(() => store.completeMultipart(key, storeUploadId, { parts, size }));
  if (object?.size !== size) throw new Gone(null);
  return object;
}

async function makePart(
  deps: UploadDeps,
  { assembly, target, limit, made }: Making,
  {
    part,
    storeUploadId,
    storePart,
  }: {
    readonly part: PlannedPart;
    readonly storeUploadId: string;
    readonly storePart: number;
  },
): Promise<StoredPart> {
  // Asked for a moment ago: the store has lost it since.
  if (part.kind === 'upload') throw new Gone(null);
  const { size } = part;
  const copy = (source: string, from: number) =>
    limit(() =>
      deps.storage.store.copyPart(target.key, storeUploadId, {
        partNumber: storePart,
        source,
        from,
        size,
      }),
    );
  if (part.kind === 'staged') {
    const staged = await made[part.staging];
    const copied = staged === undefined ? null : await copy(staged.key, 0);
    if (copied === null) throw new Gone(null);
    return copied;
  }
  const source = assembly.sources[part.object];
  const copied = source === undefined ? null : await copy(source.key, part.from);
  if (copied === null) throw new Gone(source?.id ?? null);
  return copied;
}
