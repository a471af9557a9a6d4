import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type ContentSink,
  createApiClient,
  type DownloadOutcome,
  downloadFile,
  downloadMany,
  type Transport,
  type TransportRequest,
  type UploadOutcome,
  type UploadRequest,
  uploadFile,
  uploadMany,
} from '@valise/client';
import { isAppError } from '@valise/core/errors';
import {
  createNodeClient,
  type FileSource,
  fileSink,
  fileSource,
  type NodeClient,
} from './index.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MIB = 1_048_576;
const MODE = { modifiedAt: new Date(0), executable: false };

describe('the client with the real server and store', { timeout: 120_000 }, () => {
  let server: TestServer;
  let client: NodeClient;

  before(async () => {
    server = await startTestServer();
    client = createNodeClient({ server: server.url, home: join(server.folder, 'home') });
    const account = { email: 'ann@example.org', name: 'Ann', password: 'correct horse' };
    await client.api.accounts.register({ ...account, device: 'laptop' });
  });

  after(async () => {
    await client.close();
    await server.close();
  });

  async function localFile(name: string, bytes: Uint8Array): Promise<FileSource> {
    await writeFile(join(server.folder, name), bytes);
    return fileSource(join(server.folder, name));
  }

  function request(source: FileSource, name: string): UploadRequest {
    const { modifiedAt, executable } = source;
    const mimeType = 'application/octet-stream';
    return { source, name, parentId: null, mimeType, modifiedAt, executable };
  }

  /** The same client with something wrong in its network. */
  function through(meddle: (request: TransportRequest) => TransportRequest) {
    const { transport } = client.transfers;
    const meddling: Transport = {
      send: (sent) => transport.send(sent.url.startsWith(server.url) ? sent : meddle(sent)),
      close: async () => {},
    };
    return { ...client.transfers, transport: meddling };
  }

  async function assertStored(fileId: string, bytes: Uint8Array): Promise<void> {
    const target = join(server.folder, 'got');
    const result = await downloadFile(client.transfers, { fileId, sink: fileSink(target, MODE) });
    assert.equal(result.verified, 'content');
    assert.equal(Buffer.compare(await readFile(target), bytes), 0);
  }

  test('sizes around every limit go up and come down', async () => {
    for (const size of [0, 1, 131_072, 8 * MIB, 8 * MIB + 1, 17 * MIB + 3]) {
      const bytes = randomBytes(size);
      const source = await localFile('sized', bytes);
      const { file, bytesSent } = await uploadFile(client.transfers, request(source, `s${size}`));
      assert.equal(bytesSent, size);
      await assertStored(file.id, bytes);
    }
  });

  test('an interrupted upload is resumed by another process', async () => {
    const bytes = randomBytes(40 * MIB);
    const stop = new AbortController();
    let puts = 0;
    const broken = through((sent) => {
      if (++puts === 3) stop.abort(new Error('power cut'));
      return sent;
    });
    const first = request(await localFile('large', bytes), 'large');
    await assert.rejects(uploadFile(broken, first, { signal: stop.signal }), /power cut/);
    const home = join(server.folder, 'home');
    const other = createNodeClient({ server: server.url, home });
    const again = request(fileSource(join(server.folder, 'large')), 'large');
    const { file, bytesSent } = await uploadFile(other.transfers, again);
    await other.close();
    assert.ok(bytesSent <= bytes.length);
    assert.equal(file.version, 1);
    await assertStored(file.id, bytes);
  });

  test('a damaged body is refused by the store and sent again', async () => {
    for (const size of [5_000, 20 * MIB]) {
      const bytes = randomBytes(size);
      let damaged = 0;
      const broken = through((sent) => {
        if (!(sent.body instanceof Uint8Array) || damaged++ > 0) return sent;
        const body = Uint8Array.from(sent.body);
        body[99] = (body[99] ?? 0) ^ 1;
        return { ...sent, body };
      });
      const source = await localFile('damaged', bytes);
      const { file, bytesSent } = await uploadFile(broken, request(source, `d${size}`));
      assert.equal(bytesSent, size);
      assert.ok(damaged > 1);
      await assertStored(file.id, bytes);
    }
  });

  test('a URL that the store refuses is signed again', async () => {
    const bytes = randomBytes(20 * MIB);
    const spoiled = new Set<string>();
    const broken = through((sent) => {
      const key = `${sent.method} ${new URL(sent.url).searchParams.get('partNumber')}`;
      if (spoiled.has(key)) return sent;
      spoiled.add(key);
      const url = sent.url.replace(/(X-Amz-Signature=)./, '$1x');
      return { ...sent, url };
    });
    const source = await localFile('signed', bytes);
    const { file } = await uploadFile(broken, request(source, 'signed'));
    const target = join(server.folder, 'signed-got');
    await downloadFile(broken, { fileId: file.id, sink: fileSink(target, MODE) });
    assert.equal(Buffer.compare(await readFile(target), bytes), 0);
    assert.ok(spoiled.has('GET null'));
  });

  test('an interrupted download goes on from what the disk holds', async () => {
    const bytes = randomBytes(64 * MIB);
    const source = await localFile('long', bytes);
    const { file } = await uploadFile(client.transfers, request(source, 'long'));
    const target = join(server.folder, 'long-got');
    const stop = new AbortController();
    const sink = stoppingSink(fileSink(target, MODE), () => stop.abort(new Error('power cut')));
    const { signal } = stop;
    await assert.rejects(
      downloadFile(client.transfers, { fileId: file.id, sink }, { signal }),
      /power cut/,
    );
    const { bytesReceived } = await downloadFile(client.transfers, {
      fileId: file.id,
      sink: fileSink(target, MODE),
    });
    assert.ok(bytesReceived < bytes.length);
    assert.equal(Buffer.compare(await readFile(target), bytes), 0);
  });

  test('hundreds of small files go up and come down together, bad ones alone', async () => {
    const contents = Array.from({ length: 300 }, (_, at) => randomBytes(at * 3));
    const items: UploadRequest[] = [];
    for (const [at, bytes] of contents.entries()) {
      items.push(request(await localFile(`small-${at}`, bytes), `small-${at}`));
    }
    items.push(request(await localFile('bad', Buffer.from('bad')), 'a/b'));
    const up: UploadOutcome<UploadRequest>[] = [];
    await uploadMany(client.transfers, items, { onOutcome: (outcome) => up.push(outcome) });
    const [failed] = up.filter((outcome) => outcome.kind === 'failed');
    assert.ok(failed !== undefined && isAppError(failed.error, 'invalid-name'));

    const down: DownloadOutcome<{ file: (typeof files)[number]; sink: ContentSink }>[] = [];
    const files = up.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.file] : []));
    assert.equal(files.length, 300);
    const wanted = files.map((file) => {
      return { file, sink: fileSink(join(server.folder, `got-${file.name}`), MODE) };
    });
    await downloadMany(client.transfers, wanted, { onOutcome: (outcome) => down.push(outcome) });
    assert.ok(down.every(({ kind }) => kind === 'done'));
    for (const [at, bytes] of contents.entries()) {
      const got = await readFile(join(server.folder, `got-small-${at}`));
      assert.equal(Buffer.compare(got, bytes), 0);
    }
  });

  test('an access token that the server refuses is renewed by itself', async () => {
    const stored = await client.tokens.load();
    assert.ok(stored);
    await client.tokens.save({ ...stored, accessToken: `${stored.accessToken}x` });
    const { transport, ambient } = client.transfers;
    const api = createApiClient({ server: server.url, transport, tokens: client.tokens, ambient });
    assert.equal((await api.accounts.me()).email, 'ann@example.org');
    assert.notEqual((await client.tokens.load())?.refreshToken, stored.refreshToken);
  });
});

/** A sink whose third write is the last that somebody waits for. */
function stoppingSink(sink: ContentSink, stop: () => void): ContentSink {
  let writes = 0;
  return {
    ...sink,
    async write(offset, bytes) {
      await sink.write(offset, bytes);
      if (++writes === 3) stop();
    },
  };
}
