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
