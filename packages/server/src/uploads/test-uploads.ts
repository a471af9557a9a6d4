import { createHash, randomBytes } from 'node:crypto';
import type { FileId } from '@valise/core/ids';
import type { File, Part, Upload } from '@valise/core/wire';
import { testCursors } from '../changes/test-cursors.ts';
import type { FileDeps } from '../files/file-deps.ts';
import type { App } from '../http/app.ts';
import { createTestApp, type TestApp, type TestUser } from '../http/test-app.ts';
import { type Ambient, systemAmbient } from '../run/ambient.ts';
import type { Storage } from '../storage/create-storage.ts';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import type { UploadDeps } from './upload-deps.ts';
import { uploadRoutes } from './upload-routes.ts';

export interface Answer<T = Record<string, never>> {
  readonly status: number;
  readonly body: T & { readonly code?: string; readonly [extra: string]: unknown };
}

type RigDeps = UploadDeps & FileDeps;

/** For tests: the real app with the upload routes, a real database and the real store. */
export interface UploadRig {
  readonly store: TestStore;
  readonly test: TestApp;
  readonly deps: RigDeps;
  close(): Promise<void>;
}

export interface RigOptions {
  /** To share the database and the store, as a second server does. */
  readonly beside?: UploadRig;
  /** To put faults between the server and the store. */
  readonly storage?: (real: Storage) => Storage;
  /** Other features whose routes the test needs. */
  readonly more?: readonly ((deps: RigDeps) => (app: App) => void)[];
  /** To change what the uploads see of time, randomness and ids. */
  readonly ambient?: Partial<Ambient>;
}

export async function createUploadRig(options: RigOptions = {}): Promise<UploadRig> {
  const { beside } = options;
  const store = beside?.store ?? (await startTestStore());
  const storage = options.storage?.(store.storage) ?? store.storage;
  const late: { deps?: RigDeps } = {};
  const test = await createTestApp({
    ...(beside === undefined ? {} : { database: beside.test.database }),
    features: [uploadRoutes, ...(options.more ?? [])].map((routes) => routes(lateDeps(late))),
  });
  const deps: RigDeps = {
    db: test.database.db,
    ambient: { ...systemAmbient, ...options.ambient },
    storage,
    cursors: testCursors,
  };
  late.deps = deps;
  return {
    store,
    test,
    deps,
    async close() {
      await test.close();
      if (beside === undefined) await store.close();
    },
  };
}

/** The routes are added before the database is known. */
function lateDeps(late: { deps?: RigDeps }): RigDeps {
  const known = (): RigDeps => {
    if (late.deps === undefined) throw new Error('The rig is not ready.');
    return late.deps;
  };
  return {
    get db() {
      return known().db;
    },
    get ambient() {
      return known().ambient;
    },
    get storage() {
      return known().storage;
    },
    cursors: testCursors,
  };
}

export interface CallOptions {
  readonly body?: unknown;
  readonly binary?: Uint8Array;
}

export async function call<T>(
  rig: UploadRig,
  user: TestUser,
  request: `${'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'} ${string}`,
  options: CallOptions = {},
): Promise<Answer<T>> {
  const [method, url] = request.split(' ') as ['GET', string];
  const answer = await rig.test.app.inject({
    method,
    url,
    headers: {
      ...user.headers,
      ...(options.binary === undefined ? {} : { 'content-type': 'application/octet-stream' }),
    },
    ...(options.binary === undefined ? {} : { payload: Buffer.from(options.binary) }),
    ...(options.body === undefined ? {} : { payload: options.body as object }),
  });
  return {
    status: answer.statusCode,
    body: answer.body === '' ? {} : JSON.parse(answer.body),
  };
}

export interface Begun {
  readonly file: File;
  readonly upload: Upload;
}

export function begin(rig: UploadRig, user: TestUser, body: object): Promise<Answer<Begun>> {
  const defaults = { mimeType: 'application/octet-stream' };
  return call(rig, user, 'POST /files/presigned-url', { body: { ...defaults, ...body } });
}

export function complete(
  rig: UploadRig,
  user: TestUser,
  upload: Upload,
): Promise<Answer<{ file: File }>> {
  const body = { uploadId: upload.id };
  return call(rig, user, `POST /files/${upload.fileId}/complete`, { body });
}

/** Makes a folder; answers its id. */
export async function makeFolder(
  rig: UploadRig,
  user: TestUser,
  { name, parentId = null }: { readonly name: string; readonly parentId?: string | null },
): Promise<string> {
  const body = { name, parentId };
  const answer = await call<{ file: File }>(rig, user, 'POST /folders', { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer));
  return answer.body.file.id;
}

/** What lies in a folder, by name. */
export async function namesIn(rig: UploadRig, user: TestUser, id: string): Promise<string[]> {
  const answer = await call<{ items: File[] }>(rig, user, `GET /folders/${id}/children`);
  return answer.body.items.map((file) => file.name).sort();
}

/** PUTs one part's bytes as a client does; answers the store's status and ETag. */
export async function putPart(
  part: Part | undefined,
  content: Uint8Array,
): Promise<{ readonly status: number; readonly etag: string }> {
  if (part?.request === undefined) throw new Error('The part carries no request.');
  const body = Buffer.from(content.subarray(part.offset, part.offset + part.size));
  const { url, method, headers } = part.request;
  const response = await fetch(url, { method, headers, body });
  await response.arrayBuffer();
  return { status: response.status, etag: response.headers.get('etag') ?? '' };
}

/** Begins and sends one part, and doesn't complete. */
export async function sendOnly(
  rig: UploadRig,
  user: TestUser,
  { content = randomContent(20), ...body }: { content?: Uint8Array; [member: string]: unknown },
): Promise<Begun & { readonly content: Uint8Array }> {
  const begun = await begin(rig, user, { size: content.length, ...body });
  if (begun.status !== 201) throw new Error(JSON.stringify(begun));
  await putPart(begun.body.upload.parts[0], content);
  return { ...begun.body, content };
}

/** Begins, sends everything and completes. */
export async function uploadAll(
  rig: UploadRig,
  user: TestUser,
  { content, ...body }: { readonly content: Uint8Array; readonly [member: string]: unknown },
): Promise<File> {
  const begun = await begin(rig, user, { size: content.length, ...body });
  if (begun.body.upload === null) return begun.body.file;
  for (const part of begun.body.upload.parts) await putPart(part, content);
  const done = await complete(rig, user, begun.body.upload);
  if (done.status !== 200) throw new Error(JSON.stringify(done));
  return done.body.file;
}

/** One chunk as the whole list: fine up to 4 MiB. */
export function describeContent(content: Uint8Array) {
  const digest = createHash('sha256').update(content).digest();
  const fingerprint = `v1:${createHash('sha256').update(digest).digest('hex')}`;
  return { chunks: [[`sha256:${digest.toString('hex')}`, content.length]], fingerprint };
}

export function randomContent(size: number): Uint8Array {
  return randomBytes(size);
}

/** The bytes that a file's download URL serves now. */
export async function downloaded(rig: UploadRig, fileId: string): Promise<Buffer> {
  const { key } = await rig.deps.db
    .selectFrom('files')
    .innerJoin('objects', 'objects.id', 'files.object_id')
    .select('objects.key')
    .where('files.id', '=', fileId as FileId)
    .executeTakeFirstOrThrow();
  const target = { key, name: 'any', mimeType: 'application/octet-stream', size: 1 };
  const response = await fetch(rig.deps.storage.downloads.sign(target).url);
  return Buffer.from(await response.arrayBuffer());
}
