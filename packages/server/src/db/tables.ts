import type { DeviceId, FileId, ObjectId, Opaque, UploadId, UserId } from '@valise/core/ids';
import type { ContentEncoding } from '@valise/core/wire';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/**
 * The rows of `migrations/*.sql` as TypeScript sees them: bigint arrives as number (refused beyond
 * 2^53), timestamptz as Date, bytea as Buffer, uuid as the opaque id of what it names. Columns with
 * a default in SQL are `Generated`: they may be left out on insert.
 */
export interface Tables {
  users: UsersTable;
  devices: DevicesTable;
  device_codes: DeviceCodesTable;
  feeds: FeedsTable;
  feed_ends: FeedEndsTable;
  objects: ObjectsTable;
  object_releases: ObjectReleasesTable;
  deletions: DeletionsTable;
  files: FilesTable;
  file_versions: FileVersionsTable;
  grants: GrantsTable;
  access: AccessTable;
  fanouts: FanoutsTable;
  fanout_items: FanoutItemsTable;
  unknown_people: UnknownPeopleTable;
  uploads: UploadsTable;
  upload_chunks: UploadChunksTable;
  upload_parts: UploadPartsTable;
  upload_sources: UploadSourcesTable;
  upload_plans: UploadPlansTable;
  upload_stagings: UploadStagingsTable;
  chunk_samples: ChunkSamplesTable;
  store_removals: StoreRemovalsTable;
  store_beginnings: StoreBeginningsTable;
  settings: SettingsTable;
}

export type DeletionId = Opaque<'DeletionId'>;
export type GrantId = Opaque<'GrantId'>;
export type FanoutId = Opaque<'FanoutId'>;
export type StoreRemovalId = Opaque<'StoreRemovalId'>;
export type StoreBeginningId = Opaque<'StoreBeginningId'>;
export type LeaseId = Opaque<'LeaseId'>;

export type Role = 'owner' | 'editor' | 'viewer';
export type FileKind = 'file' | 'folder' | 'symlink';
export type FileStatus = 'uploading' | 'uploaded';

/** Read as Buffer, written as any bytes. */
type Bytes = ColumnType<Buffer, Uint8Array, Uint8Array>;
type NullableBytes = ColumnType<
  Buffer | null,
  Uint8Array | null | undefined,
  Uint8Array | null | undefined
>;

export interface UsersTable {
  id: UserId;
  email: string;
  email_key: string;
  name: string;
  password_hash: string;
  created_at: Date;
}

export interface DevicesTable {
  id: DeviceId;
  user_id: UserId;
  name: string;
  refresh_hash: Bytes;
  previous_refresh_hash: NullableBytes;
  rotated_at: Date;
  created_at: Date;
  last_seen_at: Date;
  revoked_at: Date | null;
  logged_out: Generated<boolean>;
}

export interface DeviceCodesTable {
  device_code_hash: Bytes;
  user_code: string;
  device_name: string;
  user_id: UserId | null;
  denied: Generated<boolean>;
  interval_seconds: number;
  last_asked_at: Date | null;
  expires_at: Date;
}

export interface FeedsTable {
  user_id: UserId;
  epoch: Generated<string>;
  seq: Generated<number>;
  min_seq: Generated<number>;
}

export interface FeedEndsTable {
  user_id: UserId;
  epoch: string;
  seq: number;
  ended_at: Date;
}

export interface ObjectsTable {
  id: ObjectId;
  store: string;
  key: string;
  size: number;
  stored_size: number | null;
  content_encoding: ContentEncoding | null;
  fingerprint: NullableBytes;
  recipe: string | null;
  manifest: NullableBytes;
  chunk_count: Generated<number>;
  etag: string;
  uploader_id: UserId;
  state: Generated<'live' | 'condemned'>;
  condemned_at: Date | null;
  created_at: Date;
}

export interface ObjectReleasesTable {
  object_id: ObjectId;
  not_before: Date;
}

export interface DeletionsTable {
  id: DeletionId;
  owner_id: UserId;
  file_id: FileId;
  deleted_by: UserId;
  deleted_at: Date;
}

export interface FilesTable {
  id: FileId;
  owner_id: UserId;
  created_by: UserId;
  parent_id: FileId | null;
  kind: FileKind;
  status: FileStatus;
  name: string;
  name_key: string;
  name_key_version: number;
  target: string | null;
  executable: Generated<boolean>;
  size: Generated<number>;
  mime_type: string | null;
  object_id: ObjectId | null;
  version: Generated<number>;
  version_user_id: UserId | null;
  version_device_id: DeviceId | null;
  version_at: Date | null;
  modified_at: Date;
  created_at: Date;
  updated_at: Date;
  deletion_id: DeletionId | null;
  shared_with: Generated<number>;
}

export interface FileVersionsTable {
  file_id: FileId;
  version: number;
  object_id: ObjectId | null;
  ended_at: Date;
}

export interface GrantsTable {
  id: GrantId;
  file_id: FileId;
  user_id: UserId;
  role: 'editor' | 'viewer';
  granted_by: UserId;
  granted_at: Date;
  unsettled: Generated<number>;
}

export interface AccessTable {
  user_id: UserId;
  file_id: FileId;
  role: Role | null;
  via: GrantId | null;
  reason: 'deleted' | 'unshared' | null;
  seq: number;
  at: Date;
}

export interface FanoutsTable {
  id: FanoutId;
  owner_id: UserId;
  users: UserId[] | null;
  settles: Generated<GrantId[]>;
  turn: Date;
  created_at: Date;
}

export interface FanoutItemsTable {
  fanout_id: FanoutId;
  file_id: FileId;
  after: string | null;
}

export interface UnknownPeopleTable {
  user_id: UserId;
  at: Date;
  count: number;
}

export interface UploadsTable {
  id: UploadId;
  request_id: string | null;
  request_hash: NullableBytes;
  file_id: FileId;
  owner_id: UserId;
  user_id: UserId;
  device_id: DeviceId;
  parent_id: FileId | null;
  name: string;
  name_key: string;
  size: number;
  stored_size: number | null;
  content_encoding: ContentEncoding | null;
  mime_type: string;
  executable: boolean;
  modified_at: Date | null;
  fingerprint: NullableBytes;
  recipe: string | null;
  chunk_count: number | null;
  base_mode: 'any' | 'none' | 'version';
  base_version: number | null;
  base_verified: Generated<boolean>;
  pin: Generated<boolean>;
  store: string;
  object_key: string;
  store_upload_id: string | null;
  part_size: number;
  part_count: number;
  assembled: Generated<boolean>;
  state: 'pending' | 'done' | 'cancelled';
  lease_owner: LeaseId | null;
  lease_until: Date | null;
  result_file_id: FileId | null;
  progress_at: Date;
  check_at: Date;
  expires_at: Date;
  created_at: Date;
}

export interface UploadChunksTable {
  upload_id: UploadId;
  first: number;
  count: number;
  records: Bytes;
}

export interface UploadPartsTable {
  upload_id: UploadId;
  part_number: number;
  etag: string;
}

export interface UploadSourcesTable {
  upload_id: UploadId;
  object_id: ObjectId;
}

export interface UploadPlansTable {
  upload_id: UploadId;
  plan: JSONColumnType<object> | null;
  excluded: Generated<ObjectId[]>;
}

export interface UploadStagingsTable {
  upload_id: UploadId;
  staging: number;
  object_key: string;
  store_upload_id: string | null;
}

export interface ChunkSamplesTable {
  uploader_id: UserId;
  sample: bigint;
  object_id: ObjectId;
}

export interface StoreRemovalsTable {
  id: StoreRemovalId;
  store: string;
  object_key: string;
  store_upload_id: string | null;
  size: number | null;
  not_before: Date;
}

export interface StoreBeginningsTable {
  id: StoreBeginningId;
  store: string;
  object_key: string;
  not_before: Date;
}

export interface SettingsTable {
  name: string;
  value: JSONColumnType<object>;
}
