export {
  type ConflictedCopy,
  conflictedCopyName,
  type IsTaken,
  restoredName,
  SHARED_FOLDER_NAME,
  type SharedCopy,
  sharedName,
} from './derived-name.ts';
export { type FileName, MAX_DEPTH, MAX_NAME_BYTES, parseName } from './file-name.ts';
export { MAX_TARGET_BYTES, parseLinkTarget } from './link-target.ts';
export { NAME_KEY_VERSION, nameKey } from './name-key.ts';
export { utf8Length } from './utf8.ts';
