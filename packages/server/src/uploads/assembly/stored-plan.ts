import type { ObjectId } from '@valise/core/ids';
import type { PartLayout, PlannedPart } from '@valise/core/plan';

/** An object that a plan copies from. */
export interface PlanSource {
  readonly id: ObjectId;
  readonly key: string;
}

/** A plan as the database keeps it; `object` in a part counts the sources. */
export interface StoredPlan extends PartLayout {
  readonly sources: readonly PlanSource[];
}

/** An object in the making: the upload's own, or a staging object. */
export interface AssemblyTarget {
  readonly key: string;
  readonly size: number;
  /** Null before it is begun. */
  readonly storeUploadId: string | null;
  /** In order; part 1 of the store is the first. */
  readonly parts: readonly PlannedPart[];
  /** Number of the staging object; null for the upload's own. */
  readonly staging: number | null;
}

/** A plan with the places where it is carried out. */
export interface Assembly {
  readonly sources: readonly PlanSource[];
  readonly object: AssemblyTarget;
  readonly stagings: readonly AssemblyTarget[];
}

export function targetsOf({ stagings, object }: Assembly): readonly AssemblyTarget[] {
  return [...stagings, object];
}

export function sizeOfParts(parts: readonly PlannedPart[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0);
}
