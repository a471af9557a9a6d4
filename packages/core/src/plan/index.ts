export { ASSEMBLY_LIMITS, type AssemblyLimits } from './assembly-limits.ts';
export {
  type AssemblyPlan,
  type AssemblyRequest,
  type ComposingAbility,
  planAssembly,
} from './assembly-plan.ts';
export { type ContentRun, type PlacedRun, placeRuns, type RunSource } from './content-run.ts';
export type { PartLayout, PlannedPart } from './lay-out-parts.ts';
export {
  DEFAULT_PART_SIZE,
  MAX_OBJECT_SIZE,
  MAX_PARTS,
  MIN_PART_SIZE,
  type PartRange,
  partRange,
  planUpload,
  SINGLE_PUT_LIMIT,
  type UploadPlan,
} from './upload-plan.ts';
