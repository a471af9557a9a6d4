/**
 * The client for any JavaScript platform: a typed API client, the uploader and the downloader.
 *
 * Promises: no Node and no DOM API in here (the platform comes through `ports.ts`); bounded memory
 * at any file size; nothing is sent that wasn't compared with the announced chunk list, nothing
 * lands that wasn't compared with the stored one; every transfer can be continued by another
 * process by asking again. Expected failures are `AppError` (the server said no) or `ClientError`.
 */
export type { AccountsApi } from './api/accounts-api.ts';
export { type ApiClient, type ApiClientDeps, createApiClient } from './api/api-client.ts';
export type { CallOptions } from './api/api-http.ts';
export type { ChangesApi } from './api/changes-api.ts';
export type { DownloadsApi } from './api/downloads-api.ts';
export type {
  CopyFile,
  CreateFolder,
  CreateSymlink,
  FilesApi,
  PageRequest,
} from './api/files-api.ts';
export type { Page } from './api/pages.ts';
export type { SharesApi } from './api/shares-api.ts';
export type {
  BatchResult,
  PartClaim,
  PartHashes,
  UploadRef,
  UploadsApi,
} from './api/uploads-api.ts';
export { downloadFile, SMALL_DOWNLOAD } from './download/download-file.ts';
export { downloadMany } from './download/download-many.ts';
export type {
  DownloadItem,
  DownloadManyOptions,
  DownloadOptions,
  DownloadOutcome,
  DownloadProgress,
  DownloadRequest,
  DownloadResult,
} from './download/download-request.ts';
export type { LocalContent } from './download/local-content.ts';
export { streamFile } from './download/stream-file.ts';
export {
  CLIENT_ERRORS,
  ClientError,
  type ClientErrorCode,
  failureCode,
  isClientError,
  isTransient,
} from './errors/client-error.ts';
export { hashBytes } from './hashing/hash-bytes.ts';
export { createStreamHasher } from './hashing/stream-hasher.ts';
export { type FeedStep, type FollowOptions, followChanges } from './live/follow-changes.ts';
export { type KeepLiveOptions, keepLive } from './live/keep-live.ts';
export type { WebSocketLike, WebSocketMaker } from './live/web-socket.ts';
export type * from './ports.ts';
export { TaskSet } from './transfer/task-set.ts';
export { createTransferControl, type TransferControl } from './transfer/transfer-control.ts';
export type { TransferDeps } from './transfer/transfer-deps.ts';
export type { KnownVersion } from './upload/known-version.ts';
export { uploadFile } from './upload/upload-file.ts';
export { uploadMany } from './upload/upload-many.ts';
export type {
  UploadManyOptions,
  UploadOptions,
  UploadOutcome,
  UploadProgress,
  UploadRequest,
  UploadResult,
} from './upload/upload-request.ts';
