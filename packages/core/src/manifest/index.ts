export { applyChunkEdits, type ChunkEdit } from './chunk-edits.ts';
export { countCompared, diffChunks } from './diff-chunks.ts';
export { matchChunks } from './match-chunks.ts';
export { RecordList } from './record-list.ts';
export {
  chunksFrom,
  digestAt,
  digestsOf,
  fingerprintOfRecords,
  MAX_CHUNK_BYTES,
  type ManifestChunk,
  manifestSize,
  packChunks,
  packDigests,
  RECORD_BYTES,
  recordCount,
  sizeAt,
  sliceRecords,
  unpackChunks,
} from './records.ts';
export { sampleChunks } from './sample-chunks.ts';
export {
  type ChunkListClaim,
  MAX_CHUNKS,
  type Manifest,
  validateChunkList,
} from './validate.ts';
