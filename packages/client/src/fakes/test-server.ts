import { createHash } from 'node:crypto';
import { AppError, batchFailure, problemOf } from '@valise/core/errors';
import { uuidV7 } from '@valise/core/ids';
import {
  applyChunkEdits,
  chunksFrom,
  diffChunks,
  fingerprintOfRecords,
  packChunks,
  recordCount,
} from '@valise/core/manifest';
import { partRange, planUpload } from '@valise/core/plan';
import type { CreateUploadRequest, File, Part, UploadAnswer } from '@valise/core/wire';
import type { HashedContent, TransportRequest } from '../ports.ts';
import type { FakeAnswer } from './test-transport.ts';

const STORE = 'https://store.test';
export const SERVER = 'https://valise.test';

interface FakeUpload {
  readonly id: string;
  readonly request: CreateUploadRequest;
  readonly parts: Map<number, Uint8Array>;
  records: Uint8Array;
}

interface FakeFile {
  file: File;
  content: Uint8Array | null;
  records: Uint8Array;
  upload: FakeUpload | null;
  /** Manifests of earlier versions. */
  readonly past: { readonly version: number; readonly records: Uint8Array }[];
}

/**
 * The contract's upload and download calls, and a store, in memory: just enough to drive the
 * client. What the real ones do is tested against the real ones.
 */
export class FakeServer {
  readonly files = new Map<string, FakeFile>();
  /** Whether the store compares what arrives with the hash that a URL was asked for with. */
  pins = true;
  /** Answers to `complete` that say "still assembling" first. */
  assembling = 0;
  #serial = 0;
  #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  handle(request: TransportRequest): FakeAnswer {
    const url = new URL(request.url);
    try {
      return url.origin === STORE ? this.#store(request, url) : this.#api(request, url);
    } catch (error) {
      if (error instanceof AppError) return { status: error.status, body: problemOf(error) };
      throw error;
    }
  }

  /** A finished file, as if someone had uploaded it. */
  add(content: Uint8Array, records: Uint8Array, fingerprint: string | null): File {
    const entry = this.#newFile('given.bin', content.length, fingerprint);
    entry.content = content;
    entry.records = records;
    entry.file = { ...entry.file, status: 'uploaded', version: 1 };
    return entry.file;
  }

  /** A finished file's next version. */
  replace(id: string, content: Uint8Array, hashed: Omit<HashedContent, 'size'>): void {
    const entry = this.#file(id);
    entry.past.push({ version: entry.file.version, records: entry.records });
    entry.content = content;
    entry.records = hashed.records;
    const { size, version } = { size: content.length, version: entry.file.version + 1 };
    entry.file = { ...entry.file, size, version, fingerprint: hashed.fingerprint };
  }

  #api(request: TransportRequest, url: URL): FakeAnswer {
    const call = `${request.method} ${url.pathname.replace(/[0-9a-f-]{36}/, '*')}`;
    const id = /[0-9a-f-]{36}/.exec(url.pathname)?.[0] ?? '';
    const body = bodyOf(request);
    switch (call) {
      case 'POST /files/presigned-url':
        return this.#create(body);
      case 'POST /files/presigned-urls':
        return { status: 200, body: { results: this.#each(body.files, (one) => this.#make(one)) } };
      case 'POST /files/complete':
        return {
          status: 200,
          body: { results: this.#each(body.uploads, (one) => this.#complete(one.fileId)) },
        };
      case 'POST /files/*/complete':
        if (this.assembling-- > 0) return { status: 202, body: { file: this.#file(id).file } };
        return { status: 200, body: this.#complete(id) };
      case 'POST /files/*/upload/urls':
        return { status: 200, body: { parts: this.#urls(id, body) } };
      case 'GET /files/*/upload':
        return { status: 200, body: this.#view(this.#file(id)) };
      case 'PATCH /files/*/chunks':
        return { status: 200, body: { parts: [] } };
      case 'PUT /files/*/upload/chunks':
        return { status: 200, body: { received: this.#records(id, request, url) } };
      case 'DELETE /files/*/upload':
        this.files.delete(id);
        return { status: 204 };
      case 'GET /files/*':
        return { status: 200, body: this.#detail(this.#file(id), url) };
      case 'GET /files/*/chunks':
        if (url.searchParams.has('sinceFingerprint')) return this.#editsSince(id, url);
        return {
          status: 200,
          body: this.#file(id).records.slice(Number(url.searchParams.get('from')) * 36),
        };
      case 'POST /files/download-urls':
        return {
          status: 200,
          body: { results: this.#each(body.fileIds, (one) => this.#download(one)) },
        };
      default:
        throw new AppError('not-found', call);
    }
  }

  #each<One>(items: readonly One[], work: (item: One) => object): object[] {
    return items.map((item) => {
      try {
        return work(item);
      } catch (error) {
        return batchFailure(error);
      }
    });
  }

  #create(request: CreateUploadRequest): FakeAnswer {
    const answer = this.#make(request);
    return { status: answer.upload === null ? 200 : 201, body: answer };
  }

  #make(request: CreateUploadRequest): UploadAnswer {
    if (request.name?.includes('/')) throw new AppError('invalid-name');
    const all = [...this.files.values()];
    const known = all.find(
      (entry) => entry.content !== null && entry.file.fingerprint === request.fingerprint,
    );
    const pending = all.find((entry) => entry.upload?.request.fingerprint === request.fingerprint);
    if (pending !== undefined) return this.#view(pending);
    const records = this.#recordsOf(request);
    const entry = this.#entryFor(request);
    if (known !== undefined || request.size === 0) {
      entry.content = known?.content ?? new Uint8Array(0);
      entry.records = records;
      entry.file = { ...entry.file, status: 'uploaded', version: entry.file.version + 1 };
      return { file: entry.file, upload: null };
    }
    entry.upload = { id: this.#id(), request, parts: new Map(), records };
    return this.#view(entry);
  }

  /** The file that the request names by id, or a new one: by name nothing is replaced here. */
  #entryFor({ fileId, name = '', size, fingerprint = null }: CreateUploadRequest): FakeFile {
    if (fileId === undefined) return this.#newFile(name, size, fingerprint);
    const entry = this.#file(fileId);
    entry.file = { ...entry.file, size, fingerprint };
    return entry;
  }

  #recordsOf(request: CreateUploadRequest): Uint8Array {
    const { fileId, name, chunks, chunkEdits, baseVersion, fingerprint } = request;
    if (chunkEdits === undefined) return chunks ? packChunks(chunks) : new Uint8Array(0);
    const base = [...this.files.values()].find(
      ({ file }) =>
        (fileId === undefined ? file.name === name : file.id === fileId) &&
        file.version === baseVersion,
    );
    if (base === undefined) throw new AppError('version-unknown');
    const records = applyChunkEdits(base.records, chunkEdits);
    if (fingerprintOfRecords(records, sha256) === fingerprint) return records;
    throw new AppError('chunks-mismatch');
  }

  #view(entry: FakeFile): UploadAnswer {
    const { upload, file } = entry;
    if (upload === null) throw new AppError('upload-not-found');
    const plan = planUpload(upload.request);
    const parts = Array.from({ length: plan.partCount }, (_, index) => {
      const hash = plan.single ? upload.request.partHash : undefined;
      const part = this.#part(entry, index + 1, hash);
      return upload.request.pin && hash === undefined ? withoutRequest(part) : part;
    });
    return { file, upload: { id: upload.id, fileId: file.id, expiresAt: this.#time(9e7), parts } };
  }

  #part(entry: FakeFile, partNumber: number, hash = ''): Part {
    const uploaded = entry.upload?.parts.has(partNumber) ?? false;
    const range = partRange(planUpload({ size: entry.file.size }), partNumber);
    const status = uploaded ? 'uploaded' : 'not-started';
    const part = { partNumber, ...range, status, etag: uploaded ? 'e' : null } as const;
    if (uploaded) return part;
    const url = `${STORE}/${entry.file.id}/${partNumber}?hash=${hash}&serial=${this.#serial++}`;
    const expiresAt = this.#time(900_000);
    const headers = this.pins ? pinHeaders(hash) : {};
    return { ...part, request: { method: 'PUT', url, headers, expiresAt } };
  }

  #urls(id: string, body: FakeBody): Part[] {
    const entry = this.#file(id);
    const { upload } = entry;
    const count = upload?.request.chunkCount;
    if (count !== undefined && recordCount(upload?.records ?? new Uint8Array(0)) < count) {
      throw new AppError('chunks-incomplete');
    }
    return body.partNumbers.map((number) => this.#part(entry, number, body.hashes?.[number]));
  }

  #records(id: string, request: TransportRequest, url: URL): number {
    const { upload } = this.#file(id);
    if (upload === null || !(request.body instanceof Uint8Array)) throw new AppError('not-found');
    const from = Number(url.searchParams.get('from'));
    const kept = applyChunkEdits(upload.records.slice(0, from * 36), []);
    upload.records = Buffer.concat([kept, request.body]);
    return recordCount(upload.records);
  }

  #complete(id: string): { file: File } {
    const entry = this.#file(id);
    const { upload } = entry;
    if (upload === null) return { file: entry.file };
    const { partCount } = planUpload(upload.request);
    const numbers = Array.from({ length: partCount }, (_, index) => index + 1);
    const missing = numbers.filter((number) => !upload.parts.has(number));
    if (missing.length > 0) {
      throw new AppError('parts-missing', undefined, { details: { missing } });
    }
    entry.content = Buffer.concat(numbers.map((n) => upload.parts.get(n) ?? new Uint8Array(0)));
    entry.records = upload.records;
    entry.upload = null;
    entry.file = { ...entry.file, status: 'uploaded', version: entry.file.version + 1 };
    return { file: entry.file };
  }

  #editsSince(id: string, { searchParams }: URL): FakeAnswer {
    const { past, records, file } = this.#file(id);
    const wanted = searchParams.get('sinceFingerprint');
    const before = past.find((one) => fingerprintOfRecords(one.records, sha256) === wanted);
    if (before === undefined) throw new AppError('version-unknown');
    const chunkEdits = diffChunks(before.records, records);
    return { status: 200, body: { version: file.version, chunkEdits } };
  }

  #detail(entry: FakeFile, { searchParams }: URL): object {
    const chunksTotal = recordCount(entry.records);
    const most = Number(searchParams.get('chunks') ?? 1_000);
    const chunks = chunksFrom(entry.records, 0, most).map((chunk) => ({
      ...chunk,
      status: 'uploaded',
      etag: null,
    }));
    const { downloadUrl, downloadUrlExpiresAt } = this.#download(entry.file.id);
    const link = { downloadUrl, downloadUrlExpiresAt };
    return { file: entry.file, chunks, chunksTotal, upload: null, ...link };
  }

  #download(id: string) {
    const { file } = this.#file(id);
    const downloadUrl = `${STORE}/${file.id}?version=${file.version}&serial=${this.#serial++}`;
    return { fileId: id, downloadUrl, downloadUrlExpiresAt: this.#time(300_000) };
  }

  #store(request: TransportRequest, url: URL): FakeAnswer {
    const [, id = '', part = ''] = url.pathname.split('/');
    const entry = this.#file(id);
    if (request.method === 'GET') return getRange(entry.content, request);
    const body = request.body instanceof Uint8Array ? request.body.slice() : new Uint8Array(0);
    const hash = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const pinned = url.searchParams.get('hash');
    if (this.pins && pinned !== '' && pinned !== hash) return { status: 400 };
    if (entry.upload === null) return { status: 404 };
    const single = planUpload({ size: entry.file.size }).single;
    if (single && entry.upload.parts.has(1)) return { status: 412 };
    entry.upload.parts.set(Number(part), body);
    return { status: 200, headers: { etag: '"e"' } };
  }

  #file(id: string): FakeFile {
    const entry = this.files.get(id);
    if (entry === undefined) throw new AppError('file-not-found');
    return entry;
  }

  #newFile(name: string, size: number, fingerprint: string | null): FakeFile {
    const at = this.#time(0);
    const id = this.#id();
    const file: File = {
      ...{ id, kind: 'file', name, parentId: null, ownerId: id, role: 'owner', size, fingerprint },
      ...{ mimeType: 'x/y', status: 'uploading', version: 0, executable: false, modifiedAt: at },
      ...{ createdAt: at, updatedAt: at, createdBy: id, sharedRoot: false },
    };
    const entry = { file, content: null, records: new Uint8Array(0), upload: null, past: [] };
    this.files.set(id, entry);
    return entry;
  }

  #id(): string {
    const random = createHash('sha256')
      .update(`id ${this.#serial++}`)
      .digest();
    return uuidV7(this.#now(), random);
  }

  #time(fromNow: number): string {
    return new Date(this.#now() + fromNow).toISOString();
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function pinHeaders(hash: string): Record<string, string> {
  return hash === '' ? {} : { 'x-amz-content-sha256': hash.replace('sha256:', '') };
}

function withoutRequest({ request: _, ...part }: Part): Part {
  return part;
}

function getRange(content: Uint8Array | null, request: TransportRequest): FakeAnswer {
  if (content === null) return { status: 404 };
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers?.range ?? '');
  if (range === null) return { status: 200, body: content };
  const [from, last] = [Number(range[1]), Number(range[2])];
  const headers = { 'content-range': `bytes ${from}-${last}/${content.length}` };
  return { status: 206, headers, body: content.subarray(from, last + 1) };
}

/** The bodies of all calls in one; each reads the members that are its own. */
interface FakeBody extends CreateUploadRequest {
  readonly files: readonly CreateUploadRequest[];
  readonly uploads: readonly { readonly fileId: string }[];
  readonly fileIds: readonly string[];
  readonly partNumbers: readonly number[];
  readonly hashes?: Readonly<Record<string, string>>;
}

function bodyOf(request: TransportRequest): FakeBody {
  return JSON.parse(typeof request.body === 'string' ? request.body : '{}');
}
