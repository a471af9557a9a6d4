import type { FileId, ObjectId, UploadId } from '@valise/core/ids';
import type { Caller } from '../http/app.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import { asBuffer } from './chunk-store.ts';
import type { ChunkSource, NewUpload } from './new-upload.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadSpot } from './upload-spot.ts';
import type { NewUploadRow } from './upload-store.ts';

/** An upload to be written. */
export interface FreshUpload {
  readonly row: NewUploadRow;
  readonly chunks: ChunkSource;
  /** The `uploading` file made with it; null when it is for one that is there. */
  readonly file: VisibleFile | null;
  /** The file that it is for, where the answer needn't ask for it. */
  readonly known: VisibleFile | null;
  /** Content that this person has already: nothing needs to be sent. */
  readonly link: ObjectId | null;
}

/** What decides whether it is a content that is there already. */
export function contentOf(request: NewUpload) {
  const { fingerprint, plan } = request;
  return {
    size: plan.size,
    fingerprint: fingerprint === null ? null : asBuffer(fingerprint.digest),
    recipe: fingerprint?.recipe ?? null,
  };
}

/** The rows of a request that is to be begun, none of them written yet. */
export function freshUpload(
  deps: UploadDeps,
  made: {
    readonly caller: Caller;
    readonly request: NewUpload;
    readonly spot: UploadSpot;
    readonly key: string;
    readonly link: ObjectId | null;
    readonly now: Date;
  },
): FreshUpload {
  const { caller, request, spot, now } = made;
  const { target } = spot;
  const fileId = target?.id ?? request.requestId ?? deps.ambient.newId<FileId>();
  const { mimeType, executable, chunks, plan } = request;
  const row: NewUploadRow = {
    id: deps.ambient.newId<UploadId>(),
    requestId: request.requestId,
    requestHash: request.requestHash,
    fileId,
    ownerId: spot.ownerId,
    userId: caller.userId,
    deviceId: caller.deviceId,
    parentId: spot.parentId,
    name: spot.name,
    nameKey: spot.nameKey,
    ...contentOf(request),
    storedSize: request.storedSize,
    contentEncoding: request.contentEncoding,
    mimeType,
    executable,
    modifiedAt: request.modifiedAt,
    chunkCount: chunks.kind === 'list' || chunks.kind === 'later' ? chunks.count : null,
    baseMode: request.base.mode,
    baseVersion: request.base.version,
    baseVerified: request.baseVerified,
    pin: request.pin,
    store: deps.storage.store.name,
    objectKey: made.key,
    partSize: plan.partSize,
    partCount: plan.partCount,
  };
  const file = target === undefined ? uploadingFile(row, spot, now) : null;
  return { row, chunks, file, known: file ?? spot.known ?? null, link: made.link };
}

/** Holds no name and has no access row: visible to its creator alone. */
function uploadingFile(row: NewUploadRow, { role }: UploadSpot, now: Date): VisibleFile {
  return {
    row: {
      id: row.fileId,
      ownerId: row.ownerId,
      createdBy: row.userId,
      parentId: row.parentId,
      kind: 'file',
      status: 'uploading',
      name: row.name,
      nameKey: row.nameKey,
      target: null,
      executable: row.executable,
      size: row.size,
      mimeType: row.mimeType,
      objectId: null,
      version: 0,
      versionUserId: null,
      versionDeviceId: null,
      versionAt: null,
      modifiedAt: row.modifiedAt ?? now,
      createdAt: now,
      updatedAt: now,
      deletionId: null,
      requestHash: null,
      sharedWith: 0,
    },
    role,
    sharedRoot: false,
    object: null,
    deletion: null,
  };
}
