import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';

/** JSON as it came; checks read what they need from it. */
// biome-ignore lint/suspicious/noExplicitAny: black-box checks look at untyped answers on purpose
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface Account {
  readonly email: string;
  readonly password: string;
  readonly user: Json;
  readonly device: Json;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Speaks the HTTP contract and nothing else. */
export class Api {
  readonly base: string;
  readonly token: string | undefined;

  constructor(base: string, token?: string) {
    this.base = base;
    this.token = token;
  }

  as(account: { readonly accessToken: string }): Api {
    return new Api(this.base, account.accessToken);
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const binary = body instanceof Uint8Array;
    const answer = await fetch(this.base + path, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': binary ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: binary ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    return {
      status: answer.status,
      headers: answer.headers,
      body: type.includes('json') ? JSON.parse(text) : text,
    };
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.call('POST', path, body);
  }

  /** Makes an account and answers with its first login. */
  async register(name = 'Ann'): Promise<Account> {
    const email = `${randomUUID()}@example.org`;
    const password = 'correct horse battery';
    const answer = await this.post('/auth/register', { email, name, password, device: 'test' });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { email, password, ...answer.body };
  }
}

/** Fails with the whole answer in the message. */
export function expectStatus(answer: Answer, status: number, code?: string): Json {
  assert.equal(answer.status, status, `expected ${status}, got ${JSON.stringify(answer.body)}`);
  if (status >= 400) {
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
    for (const member of ['type', 'title', 'status', 'code', 'detail', 'requestId']) {
      assert.ok(member in answer.body, `problem lacks ${member}: ${JSON.stringify(answer.body)}`);
    }
  }
  if (code !== undefined) assert.equal(answer.body.code, code);
  return answer.body;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** PUTs a byte range exactly as told; answers the store's response. */
export async function putPart(part: Json, content: Uint8Array): Promise<Response> {
  return await fetch(part.request.url, {
    method: part.request.method,
    headers: part.request.headers,
    body: Buffer.from(content.subarray(part.offset, part.offset + part.size)),
  });
}

/** Sends every part that is `not-started`, asking for URLs as needed. */
export async function putParts(api: Api, upload: Json, content: Uint8Array): Promise<void> {
  for (const part of upload.parts) {
    if (part.status === 'uploaded') continue;
    let ready = part;
    if (part.request === undefined) {
      const answer = await api.post(`/files/${upload.fileId}/upload/urls`, {
        uploadId: upload.id,
        partNumbers: [part.partNumber],
      });
      ready = expectStatus(answer, 200).parts[0];
    }
    const response = await putPart(ready, content);
    assert.equal(response.status, 200, await response.text());
  }
}

export interface UploadRequest {
  readonly name: string;
  readonly content: Uint8Array;
  readonly [extra: string]: unknown;
}

/** The whole upload of a client with nothing but an HTTP library. */
export async function upload(api: Api, request: UploadRequest): Promise<Json> {
  const { content, ...rest } = request;
  const created = await api.post('/files/presigned-url', {
    mimeType: 'application/octet-stream',
    size: content.byteLength,
    ...rest,
  });
  assert.ok([200, 201].includes(created.status), JSON.stringify(created.body));
  if (created.body.upload === null) return created.body.file;
  await putParts(api, created.body.upload, content);
  const done = await api.post(`/files/${created.body.file.id}/complete`, {
    uploadId: created.body.upload.id,
  });
  return expectStatus(done, 200).file;
}

export async function download(api: Api, fileId: string): Promise<Uint8Array> {
  const detail = expectStatus(await api.get(`/files/${fileId}`), 200);
  const response = await fetch(detail.downloadUrl);
  assert.equal(response.status, 200);
  return new Uint8Array(await response.arrayBuffer());
}

/** Byte for byte; says by length and hash what differs, for a diff of megabytes helps nobody. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what = 'content'): void {
  const told = (bytes: Uint8Array) => `${bytes.byteLength} bytes, sha256 ${sha256(bytes)}`;
  assert.equal(told(actual), told(expected), what);
}
