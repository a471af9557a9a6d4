import type { HashedContent } from '@valise/client';
import { diffChunks, matchChunks, recordCount, unpackChunks } from '@valise/core/manifest';
import {
  type ComposingAbility,
  type PlacedRun,
  type PlannedPart,
  planAssembly,
  planUpload,
  SINGLE_PUT_LIMIT,
} from '@valise/core/plan';

/** Why an upload looks as it does. */
export type PlanReason =
  | 'same-content'
  | 'empty'
  | 'small-file'
  | 'assembled'
  | 'cannot-compose'
  | 'nothing-known'
  | 'too-scattered';

export interface EditPlan {
  readonly why: PlanReason;
  /** Chunks of the new content, and those of them that the old one lacks. */
  readonly chunks: number;
  readonly changedChunks: number;
  readonly changedBytes: number;
  /** Content bytes that travel up, and down to a device that has the old content. */
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  /** Bytes of chunk list that tell the server of the edit. */
  readonly listBytes: number;
  /** Parts of the new object, in order, … */
  readonly parts: readonly PlannedPart[];
  /** … and those of the temporary objects that some are made of. */
  readonly stagings: readonly (readonly PlannedPart[])[];
}

/**
 * What putting `after` over `before` ships, at a store with such abilities, by someone who has
 * nothing else there.
 */
export function planEdit(
  before: HashedContent,
  after: HashedContent,
  composing: ComposingAbility,
): EditPlan {
  const runs = matchChunks(after.records, [before.records]);
  const changed = runs.filter(({ source }) => source === null);
  const changedBytes = changed.reduce((sum, { size }) => sum + size, 0);
  const base = {
    chunks: recordCount(after.records),
    changedChunks: countChanged(before.records, after.records),
    changedBytes,
    downloadBytes: changedBytes,
    listBytes: listBytes(before.records, after.records),
  };
  const nothing = { uploadBytes: 0, listBytes: 0, parts: [], stagings: [] };
  if (after.fingerprint === before.fingerprint) return { ...base, ...nothing, why: 'same-content' };
  if (after.size === 0) return { ...base, ...nothing, why: 'empty' };
  return { ...base, ...transfer(after, { runs, composing, sourceSize: before.size }) };
}

function transfer(
  after: HashedContent,
  source: {
    readonly runs: readonly PlacedRun[];
    readonly composing: ComposingAbility;
    readonly sourceSize: number;
  },
): Pick<EditPlan, 'why' | 'uploadBytes' | 'parts' | 'stagings'> {
  const { runs, composing, sourceSize } = source;
  const whole = { uploadBytes: after.size, parts: wholeParts(after), stagings: [] };
  if (after.size <= SINGLE_PUT_LIMIT) return { ...whole, why: 'small-file' };
  const plan = planAssembly({ runs, sources: [{ size: sourceSize }], composing });
  if (plan.kind === 'whole') return { ...whole, why: plan.why };
  const { uploadBytes, parts, stagings } = plan;
  return { why: 'assembled', uploadBytes, parts, stagings };
}

function wholeParts({ size }: HashedContent): PlannedPart[] {
  const { partSize, partCount } = planUpload({ size });
  return Array.from({ length: partCount }, (_, n) => {
    const offset = n * partSize;
    return { kind: 'upload', offset, size: Math.min(partSize, size - offset) };
  });
}

function countChanged(before: Uint8Array, after: Uint8Array): number {
  const known = new Set(unpackChunks(before).map(([id]) => id));
  return unpackChunks(after).filter(([id]) => !known.has(id)).length;
}

/** As edits of the known list, or the list itself where that is shorter. */
function listBytes(before: Uint8Array, after: Uint8Array): number {
  return Math.min(JSON.stringify(diffChunks(before, after)).length, after.length);
}
