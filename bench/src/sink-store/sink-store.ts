import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What is left of a part once its bytes are gone. */
export interface SunkPart {
  readonly size: number;
  readonly sha256: string;
}

interface SunkObject {
  readonly size: number;
  readonly etag: string;
  readonly parts: readonly SunkPart[];
  /** Small objects are kept, so that probes read back what they wrote. */
  readonly content: Buffer | null;
}

const KEEP_BELOW = 1024 * 1024;

/**
 * An S3 store that keeps little: it hashes what arrives, enforces pinned hashes, remembers sizes,
 * ETags and SHA-256 of every part, and drops the bytes. It verifies no signature. It exists to take
 * files larger than the disk: what it remembers proves that the right bytes came.
 */
export class SinkStore {
  readonly objects = new Map<string, SunkObject>();
  readonly #uploads = new Map<string, Map<number, SunkPart>>();
  readonly #server: Server;
  bytesReceived = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((fault: unknown) => {
        response.destroy(fault instanceof Error ? fault : new Error(String(fault)));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://sink');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const query = url.searchParams;
    const uploadId = query.get('uploadId');
    const send = (status: number, body = '', headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
      response.end(body);
    };
    if (key === '') return await this.#bucket(request, query, send);
    if (request.method === 'PUT') return await this.#put(request, { key, query, uploadId }, send);
    if (request.method === 'POST' && query.has('uploads')) {
      const id = randomUUID();
      this.#uploads.set(id, new Map());
      return send(200, xml('InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`));
    }
    if (request.method === 'POST') return await this.#complete(request, key, uploadId, send);
    if (request.method === 'DELETE') {
      if (uploadId === null) this.objects.delete(key);
      else this.#uploads.delete(uploadId);
      return send(204);
    }
    if (uploadId !== null) this.#listParts(uploadId, query, send);
    else this.#read(request, key, response, send);
  }

  async #bucket(request: IncomingMessage, query: URLSearchParams, send: Send): Promise<void> {
    for await (const _ of request); // A CORS document or a list of keys to delete: nothing to keep.
    if (request.method !== 'GET') return send(200, xml('DeleteResult', ''));
    const prefix = query.get('prefix') ?? '';
    const found = [...this.objects].filter(([key]) => key.startsWith(prefix)).toSorted();
    const contents = found.map(
      ([key, { size, etag }]) =>
        `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"${etag}"</ETag></Contents>`,
    );
    send(200, xml('ListBucketResult', `<IsTruncated>false</IsTruncated>${contents.join('')}`));
  }

  async #put(
    request: IncomingMessage,
    { key, query, uploadId }: { key: string; query: URLSearchParams; uploadId: string | null },
    send: Send,
  ): Promise<void> {
    const hash = createHash('sha256');
    const { size, content } = await this.#swallow(request, hash);
    const digest = hash.digest();
    const refusal = refusalOf(request, query, digest);
    if (refusal !== null) return send(400, fault(refusal));
    const part = { size, sha256: digest.toString('hex') };
    const etag = part.sha256.slice(0, 32);
    if (uploadId === null) {
      if (request.headers['if-none-match'] === '*' && this.objects.has(key)) {
        return send(412, fault('PreconditionFailed'));
      }
      this.objects.set(key, { size, etag, parts: [part], content });
      return send(200, '', { etag: `"${etag}"` });
    }
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) return send(404, fault('NoSuchUpload'));
    upload.set(Number(query.get('partNumber')), part);
    send(200, '', { etag: `"${etag}"` });
  }

  async #swallow(request: IncomingMessage, hash: Hash) {
    const kept: Buffer[] = [];
    let size = 0;
    for await (const piece of request as AsyncIterable<Buffer>) {
      hash.update(piece);
      size += piece.byteLength;
      if (size <= KEEP_BELOW) kept.push(piece);
    }
    this.bytesReceived += size;
    return { size, content: size <= KEEP_BELOW ? Buffer.concat(kept) : null };
  }

  async #complete(
    request: IncomingMessage,
    key: string,
    uploadId: string | null,
    send: Send,
  ): Promise<void> {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const upload = this.#uploads.get(uploadId ?? '');
    if (upload === undefined) return send(404, fault('NoSuchUpload'));
    const parts: SunkPart[] = [];
    for (const [, number] of body.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)) {
      const part = upload.get(Number(number));
      if (part === undefined) return send(400, fault('InvalidPart'));
      parts.push(part);
    }
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const etag = `${createHash('md5').update(JSON.stringify(parts)).digest('hex')}-${parts.length}`;
    this.objects.set(key, { size, etag, parts, content: null });
    this.#uploads.delete(uploadId ?? '');
    send(200, xml('CompleteMultipartUploadResult', `<ETag>"${etag}"</ETag>`));
  }

  #listParts(uploadId: string, query: URLSearchParams, send: Send): void {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) {
      send(404, fault('NoSuchUpload'));
      return;
    }
    const after = Number(query.get('part-number-marker') ?? 0);
    const rest = [...upload].filter(([n]) => n > after).toSorted(([a], [b]) => a - b);
    const page = rest.slice(0, 1000);
    const items = page.map(
      ([n, { size, sha256 }]) =>
        `<Part><PartNumber>${n}</PartNumber><ETag>"${sha256.slice(0, 32)}"</ETag><Size>${size}</Size></Part>`,
    );
    const more = `<IsTruncated>${rest.length > page.length}</IsTruncated><NextPartNumberMarker>${page.at(-1)?.[0] ?? after}</NextPartNumberMarker>`;
    send(200, xml('ListPartsResult', more + items.join('')));
  }

  #read(request: IncomingMessage, key: string, response: ServerResponse, send: Send): void {
    const object = this.objects.get(key);
    if (object === undefined) {
      send(404, request.method === 'HEAD' ? '' : fault('NoSuchKey'));
      return;
    }
    const headers = { etag: `"${object.etag}"`, 'content-length': String(object.size) };
    if (request.method === 'HEAD') {
      response.writeHead(200, headers).end();
      return;
    }
    if (object.content === null) send(403, fault('AccessDenied'));
    else response.writeHead(200, headers).end(object.content);
  }
}

type Send = (status: number, body?: string, headers?: Record<string, string>) => void;

function refusalOf(
  request: IncomingMessage,
  query: URLSearchParams,
  digest: Buffer,
): string | null {
  const payload =
    request.headers['x-amz-content-sha256'] ?? query.get('X-Amz-Content-Sha256') ?? '';
  if (/^[0-9a-f]{64}$/.test(String(payload)) && payload !== digest.toString('hex')) {
    return 'XAmzContentSHA256Mismatch';
  }
  const checksum = request.headers['x-amz-checksum-sha256'];
  return checksum !== undefined && checksum !== digest.toString('base64') ? 'BadDigest' : null;
}

function xml(root: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root}>${inner}</${root}>`;
}

function fault(code: string): string {
  return xml('Error', `<Code>${code}</Code><Message>${code}</Message>`);
}
